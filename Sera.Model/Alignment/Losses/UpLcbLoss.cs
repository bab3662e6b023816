using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>DPO penalised for uncertainty: a lower confidence bound of each reward. The uncertainty is that of the rounds, which is ours.</summary>
internal sealed class UpLcbLoss : PreferenceLoss
{
    public override string Name => "up-lcb";

    public override string Formula => "-log s(beta d - uncertainty (u_w - u_l)), u = |r_(t-1) - r_(t-2)|";

    public override string Source => "arXiv 2410.20187";

    public override LossStanding Standing => LossStanding.FromMemory;

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Uncertainty, 1)];

    public override ImmutableArray<PairColumn> Columns => [PairColumn.Uncertainty];

    public override T PerPair<T>(in LossInput<T> pair) =>
        -T.LogSigmoid(pair.Margin - Parameter(pair, LossParameter.Uncertainty) * ((pair.Columns.ChosenUncertainty ?? 0) - (pair.Columns.RejectedUncertainty ?? 0)));
}
