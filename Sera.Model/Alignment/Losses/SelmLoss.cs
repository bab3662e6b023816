using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>Self-exploring language models: DPO, and what the policy says by itself becomes less likely, so that it looks elsewhere.</summary>
internal sealed class SelmLoss : PreferenceLoss
{
    public override string Name => "selm";

    public override string Formula => "-log s(beta d) + alpha beta (logp(y') - logp_ref(y')), y' = greedy response of the policy that enters the round";

    public override string Source => "arXiv 2405.19332, its authors' code";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Coefficient, 0.001)];

    public override Exploration Exploration => Exploration.Policy;

    public override bool NeedsExploredReference => true;

    public override T PerPair<T>(in LossInput<T> pair) =>
        -T.LogSigmoid(pair.Margin) + (Parameter(pair, LossParameter.Coefficient) * pair.Beta) * pair.ExploredRatio;
}
