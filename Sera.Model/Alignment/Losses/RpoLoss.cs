using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>DPO with an SFT term on the sum of log-probabilities. The form with the mean per token is "dpo + 0.005 sft".</summary>
internal sealed class RpoLoss : PreferenceLoss
{
    public override string Name => "rpo";

    public override string Formula => "-log s(beta d) - sft-weight beta logp(w)";

    public override string Source => "arXiv 2405.16436, its authors' code";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Sft, 0.005)];

    public override T PerPair<T>(in LossInput<T> pair) =>
        -T.LogSigmoid(pair.Margin) - (Parameter(pair, LossParameter.Sft) * pair.Beta) * pair.Chosen;
}
