namespace Sera.Model.Alignment.Losses;

/// <summary>IPO on averages per token, as its authors recommend and TRL computes it. The paper's sum over tokens is ipo-sum.</summary>
internal sealed class IpoLoss : PreferenceLoss
{
    public override string Name => "ipo";

    public override string Formula => "(c / n_w - r / n_l - 1 / (2 beta))^2";

    public override string Source => "arXiv 2310.12036, equation 17, per token as in TRL";

    public override bool ReadsDivergence => true;

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var distance = pair.ChosenScore / pair.Pair.ChosenLength - pair.RejectedScore / pair.Pair.RejectedLength - 1 / (2 * pair.Beta);
        return distance * distance;
    }
}
