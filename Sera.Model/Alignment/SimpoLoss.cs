namespace Sera.Model.Alignment;

/// <summary>
/// -log sigmoid(beta (logp_w / n_w - logp_l / n_l) - gamma), without a reference (arXiv 2405.14734, equation 6). gamma is loss.target-margin.
/// </summary>
internal sealed class SimpoLoss : IPreferenceLoss
{
    public string Name => "simpo";

    public RewardForm Reward => RewardForm.LengthAveraged;

    public LossValue Evaluate(LossOptions options, in PairLogps pair)
    {
        var chosen = ImplicitReward.LengthAveraged(options.Beta, pair.PolicyChosen, pair.ChosenLength);
        var rejected = ImplicitReward.LengthAveraged(options.Beta, pair.PolicyRejected, pair.RejectedLength);
        var z = chosen - rejected - options.TargetMargin;
        var slope = -options.Beta * Logistic.Sigmoid(-z);
        return new LossValue(-Logistic.LogSigmoid(z), slope / pair.ChosenLength, -slope / pair.RejectedLength);
    }
}
