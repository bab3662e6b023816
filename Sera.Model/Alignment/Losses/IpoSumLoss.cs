namespace Sera.Model.Alignment.Losses;

/// <summary>IPO on sums, as the paper writes it.</summary>
internal sealed class IpoSumLoss : PreferenceLoss
{
    public override string Name => "ipo-sum";

    public override string Formula => "(d - 1 / (2 beta))^2";

    public override string Source => "arXiv 2310.12036, equation 17";

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var distance = pair.Difference - 1 / (2 * pair.Beta);
        return distance * distance;
    }
}
