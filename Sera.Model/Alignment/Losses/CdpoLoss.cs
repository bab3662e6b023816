using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>Conservative DPO: every label is taken to be wrong with the same probability.</summary>
internal sealed class CdpoLoss : PreferenceLoss
{
    public override string Name => "cdpo";

    public override string Formula => "-(1-e) log s(beta d) - e log s(-beta d), e = label-smoothing";

    public override string Source => "arXiv 2305.18290, its authors' code";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Smoothing, 0.1)];

    public override T PerPair<T>(in LossInput<T> pair) =>
        Smoothed(pair.Margin, Parameter(pair, LossParameter.Smoothing));
}
