using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>DPO whose margin must exceed what the policy already tells apart when the prompt asks for a good answer (quality-aware self-refinement).</summary>
internal sealed class SrDpoLoss : PreferenceLoss
{
    public override string Name => "sr-dpo";

    public override string Formula => "-log s(beta (d - refinement D)), D = d of pi_(t-1) with loss.refinement-prompt before the prompt";

    public override string Source => "arXiv 2405.21040";

    public override LossStanding Standing => LossStanding.FromMemory;

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Refinement, 0.1)];

    public override ImmutableArray<PairColumn> Columns => [PairColumn.Refinement];

    public override T PerPair<T>(in LossInput<T> pair) =>
        -T.LogSigmoid(pair.Beta * (pair.Difference - Parameter(pair, LossParameter.Refinement) * pair.Columns.Refinement));
}
