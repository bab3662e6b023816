using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>DPO penalised for uncertainty: an uncertain pair counts less. The uncertainty is that of the rounds, which is ours.</summary>
internal sealed class UpMultLoss : PreferenceLoss
{
    public override string Name => "up-mult";

    public override string Formula => "-exp(-(u_w + u_l) / temperature) log s(beta d), u = |r_(t-1) - r_(t-2)|";

    public override string Source => "arXiv 2410.20187";

    public override LossStanding Standing => LossStanding.FromMemory;

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Temperature, 1)];

    public override ImmutableArray<PairColumn> Columns => [PairColumn.Uncertainty];

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var u = (pair.Columns.ChosenUncertainty ?? 0) + (pair.Columns.RejectedUncertainty ?? 0);
        return -(Math.Exp(-u / Parameter(pair, LossParameter.Temperature)) * T.LogSigmoid(pair.Margin));
    }
}
