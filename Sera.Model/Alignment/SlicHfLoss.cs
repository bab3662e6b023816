namespace Sera.Model.Alignment;

/// <summary>
/// max(0, 1 - beta d): the hinge of SLiC-HF (arXiv 2305.10425) on log-ratios, as RSO (arXiv 2309.06657) normalises it. Slope 0 at the kink.
/// </summary>
internal sealed class SlicHfLoss : IPreferenceLoss
{
    public string Name => "slic-hf";

    public RewardForm Reward => RewardForm.LogRatio;

    public LossValue Evaluate(LossOptions options, in PairLogps pair)
    {
        var slack = 1 - options.Beta * (pair.ChosenLogRatio - pair.RejectedLogRatio);
        var slope = slack > 0 ? -options.Beta : 0;
        return new LossValue(slack <= 0 ? 0 : slack, slope, slack > 0 ? options.Beta : 0);
    }
}
