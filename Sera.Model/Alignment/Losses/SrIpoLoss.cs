using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>IPO on sums, refined as <see cref="SrDpoLoss"/> refines DPO.</summary>
internal sealed class SrIpoLoss : PreferenceLoss
{
    public override string Name => "sr-ipo";

    public override string Formula => "(d - refinement D - 1 / (2 beta))^2, D as in sr-dpo";

    public override string Source => "arXiv 2405.21040";

    public override LossStanding Standing => LossStanding.FromMemory;

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Refinement, 0.1)];

    public override ImmutableArray<PairColumn> Columns => [PairColumn.Refinement];

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var off = pair.Difference - (Parameter(pair, LossParameter.Refinement) * pair.Columns.Refinement + 1 / (2 * pair.Beta));
        return off * off;
    }
}
