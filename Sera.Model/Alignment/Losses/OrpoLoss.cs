namespace Sera.Model.Alignment.Losses;

/// <summary>The odds ratio of ORPO. Its NLL term is "+ sft".</summary>
internal sealed class OrpoLoss : PreferenceLoss
{
    public override string Name => "orpo";

    public override string Formula => "-beta log s(o(w) - o(l)), o(y) = m - log(1 - exp m), m = logp(y) / n";

    public override string Source => "arXiv 2403.07691, as in TRL, without its NLL term";

    public override bool NeedsReference => false;

    public override string RewardFormula => "beta o";

    public override double Reward(LossOptions options, double policyLogp, double referenceLogp, int length) =>
        options.Beta * Odds(new Dual(policyLogp / length, 0, 0)).Value;

    public override T PerPair<T>(in LossInput<T> pair) =>
        -(pair.Beta * T.LogSigmoid(Odds(pair.ChosenMean) - Odds(pair.RejectedMean)));

    /// <summary>Logarithm of the odds; of a certain response the odds of one that is nearly so.</summary>
    private static T Odds<T>(T mean)
        where T : struct, ILossNumber<T>
    {
        var m = T.AtMost(mean, -1e-9);
        return m - T.LogOneMinusExp(m);
    }
}
