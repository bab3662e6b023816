using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>A weighted sum of losses, such as MPO's "0.8 dpo + 0.2 bco + sft" (arXiv 2411.10442) or RPO's "dpo + 0.005 sft". The first one says what the implicit reward is.</summary>
internal sealed class WeightedLosses(string name, ImmutableArray<(double Weight, PreferenceLoss Loss)> terms) : PreferenceLoss
{
    public override string Name => name;

    public override string Formula => name;

    public override string Source => string.Join("; ", terms.Select(t => t.Loss.Source));

    public override ImmutableArray<PreferenceLoss> Terms => [.. terms.Select(t => t.Loss)];

    public override string RewardFormula => terms[0].Loss.RewardFormula;

    public override ImmutableArray<(LossParameter Parameter, double Default)> Parameters => [.. terms.SelectMany(t => t.Loss.Parameters)];

    public override ImmutableArray<PairColumn> Columns => [.. terms.SelectMany(t => t.Loss.Columns).Distinct()];

    public override bool ReadsTargetMargin => terms.Any(t => t.Loss.ReadsTargetMargin);

    public override bool ReadsDivergence => terms.Any(t => t.Loss.ReadsDivergence);

    public override bool NeedsReference => terms.Any(t => t.Loss.NeedsReference);

    public override Exploration Exploration => terms.Select(t => t.Loss.Exploration).FirstOrDefault(e => e != Exploration.None);

    public override bool NeedsExploredReference => terms.Any(t => t.Loss.NeedsExploredReference);

    public override bool NeedsStepTokens => terms.Any(t => t.Loss.NeedsStepTokens);

    public override double Reward(LossOptions options, double policyLogp, double referenceLogp, int length) =>
        terms[0].Loss.Reward(options, policyLogp, referenceLogp, length);

    public override T PerPair<T>(in LossInput<T> pair)
    {
        var sum = terms[0].Weight * terms[0].Loss.PerPair(pair);
        foreach (var (weight, loss) in terms.AsSpan(1, terms.Length - 1)) sum += weight * loss.PerPair(pair);
        return sum;
    }
}
