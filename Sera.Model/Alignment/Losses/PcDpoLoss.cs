using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>DPO constrained by a prior: the margin of two responses is bounded, the more so the more alike they are. Least at half of the bound.</summary>
internal sealed class PcDpoLoss : PreferenceLoss
{
    public override string Name => "pc-dpo";

    public override string Formula => "-(1-e) (log s(z) + log s(D - z)) - e (log s(-z) + log s(z - D)), z = beta d, D = prior-scale / (similarity + prior-softening) + prior-shift, e = label-smoothing";

    public override string Source => "arXiv 2404.00978, its authors' code";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.PriorScale, 20), (LossParameter.PriorSoftening, 0.001), (LossParameter.PriorShift, -15), (LossParameter.Smoothing, 0)];

    public override ImmutableArray<PairColumn> Columns => [PairColumn.Similarity];

    public override T PerPair<T>(in LossInput<T> pair) =>
        Smoothed(pair.Margin, Parameter(pair, LossParameter.Smoothing)) + Smoothed(-(pair.Margin - Bound(pair)), Parameter(pair, LossParameter.Smoothing));

    private double Bound<T>(in LossInput<T> pair)
        where T : struct, ILossNumber<T>
    {
        var similarity = pair.Columns.Similarity ?? throw new ArgumentException($"{Name} needs the similarity of each pair", nameof(pair));
        return new PriorBound(Parameter(pair, LossParameter.PriorScale), Parameter(pair, LossParameter.PriorSoftening), Parameter(pair, LossParameter.PriorShift)).Of(similarity);
    }
}
