using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>SimPO: log-probabilities averaged over tokens, and no reference.</summary>
internal sealed class SimpoLoss : PreferenceLoss
{
    public override string Name => "simpo";

    public override string Formula => "-(1-e) log s(z) - e log s(-z), z = beta (logp(w) / n_w - logp(l) / n_l) - target-margin, e = label-smoothing";

    public override string Source => "arXiv 2405.14734, equation 6";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Smoothing, 0)];

    public override bool ReadsTargetMargin => true;

    public override bool NeedsReference => false;

    public override string RewardFormula => "beta logp / n";

    public override double Reward(LossOptions options, double policyLogp, double referenceLogp, int length) =>
        ImplicitReward.LengthAveraged(options.Beta, policyLogp, length);

    public override T PerPair<T>(in LossInput<T> pair) =>
        Smoothed(pair.Beta * (pair.ChosenMean - pair.RejectedMean) - pair.Options.TargetMargin, Parameter(pair, LossParameter.Smoothing));
}
