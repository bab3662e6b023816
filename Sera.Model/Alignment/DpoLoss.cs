namespace Sera.Model.Alignment;

/// <summary>-log sigmoid(beta d), d = chosen minus rejected log-ratio (arXiv 2305.18290, equation 7).</summary>
internal sealed class DpoLoss : IPreferenceLoss
{
    public string Name => "dpo";

    public RewardForm Reward => RewardForm.LogRatio;

    public LossValue Evaluate(LossOptions options, in PairLogps pair)
    {
        var z = options.Beta * (pair.ChosenLogRatio - pair.RejectedLogRatio);
        var slope = -options.Beta * Logistic.Sigmoid(-z);
        return new LossValue(-Logistic.LogSigmoid(z), slope, -slope);
    }
}
