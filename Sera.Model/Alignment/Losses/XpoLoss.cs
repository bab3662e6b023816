using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>Exploratory preference optimization: DPO, and what the reference says becomes less likely.</summary>
internal sealed class XpoLoss : PreferenceLoss
{
    public override string Name => "xpo";

    public override string Formula => "-log s(beta d) + alpha logp(y'), y' = sample of the training reference";

    public override string Source => "arXiv 2405.21046, as in TRL";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Coefficient, 1e-5)];

    public override Exploration Exploration => Exploration.Reference;

    public override T PerPair<T>(in LossInput<T> pair) =>
        -T.LogSigmoid(pair.Margin) + Parameter(pair, LossParameter.Coefficient) * pair.Explored;
}
