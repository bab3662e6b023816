using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>AlphaPO: SimPO with a reward that is bent by alpha.</summary>
internal sealed class AlphaPoLoss : PreferenceLoss
{
    public override string Name => "alphapo";

    public override string Formula => "-log s(beta (t(w) - t(l)) - target-margin), t(y) = (1 - exp(-alpha logp(y) / n)) / alpha";

    public override string Source => "arXiv 2501.03884, as in TRL";

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [(LossParameter.Coefficient, 0.25)];

    public override bool ReadsTargetMargin => true;

    public override bool NeedsReference => false;

    public override string RewardFormula => "beta t";

    public override double Reward(LossOptions options, double policyLogp, double referenceLogp, int length) =>
        options.Beta * Bent(new Dual(policyLogp / length, 0, 0), Parameter(options, LossParameter.Coefficient)).Value;

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var a = Parameter(pair, LossParameter.Coefficient);
        return -T.LogSigmoid(pair.Beta * (Bent(pair.ChosenMean, a) - Bent(pair.RejectedMean, a)) - pair.Options.TargetMargin);
    }

    private static T Bent<T>(T mean, double a)
        where T : struct, ILossNumber<T> => (-T.Exp(T.AtMost(-a * mean, 80)) + 1) / a;
}
