namespace Sera.Model.Alignment.Losses;

/// <summary>The hinge of SLiC-HF on the implicit reward margin, as RSO normalises it. Slope 0 at the kink.</summary>
internal sealed class SlicHfLoss : PreferenceLoss
{
    public override string Name => "slic-hf";

    public override string Formula => "max(0, 1 - beta (c - r))";

    public override string Source => "arXiv 2305.10425 on log-ratios, as in arXiv 2309.06657";

    public override bool ReadsDivergence => true;

    public override T PerPair<T>(in LossInput<T> pair) =>
        T.Ramp(-(pair.Beta * (pair.ChosenScore - pair.RejectedScore)) + 1);
}
