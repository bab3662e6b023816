using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>The calibration term of SLiC-HF in its original form: a margin on log-probabilities, without a reference.</summary>
internal sealed class SlicHfMarginLoss : PreferenceLoss
{
    public override string Name => "slic-hf-margin";

    public override string Formula => "max(0, offset - logp(w) + logp(l))";

    public override string Source => "arXiv 2305.10425";

    public override LossStanding Standing => LossStanding.FromMemory;

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Offset, 1)];

    public override bool NeedsReference => false;

    public override string RewardFormula => "beta logp";

    public override double Reward(LossOptions options, double policyLogp, double referenceLogp, int length) =>
        options.Beta * policyLogp;

    public override T PerPair<T>(in LossInput<T> pair) =>
        T.Ramp(pair.Rejected - pair.Chosen + Parameter(pair, LossParameter.Offset));
}
