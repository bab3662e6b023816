namespace Sera.Model.Alignment;

/// <summary>
/// (a_w / n_w - a_l / n_l - 1 / (2 beta))^2 with a the log-ratios and n the lengths: IPO (arXiv 2310.12036, equation 17) on averages per
/// token, as its authors recommend and TRL computes it. The paper's sum over tokens has no length in it.
/// </summary>
internal sealed class IpoLoss : IPreferenceLoss
{
    public string Name => "ipo";

    public RewardForm Reward => RewardForm.LogRatio;

    public LossValue Evaluate(LossOptions options, in PairLogps pair)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pair.ChosenLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pair.RejectedLength);
        var gap = pair.ChosenLogRatio / pair.ChosenLength - pair.RejectedLogRatio / pair.RejectedLength - 1 / (2 * options.Beta);
        return new LossValue(gap * gap, 2 * gap / pair.ChosenLength, -2 * gap / pair.RejectedLength);
    }
}
