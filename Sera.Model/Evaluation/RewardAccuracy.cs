using System.Collections.Immutable;

namespace Sera.Model.Evaluation;

/// <summary>How well implicit rewards order pairs: accuracy as in DPO (arXiv 2305.18290), ties counted half.</summary>
/// <param name="Pairs">Pairs with a finite margin.</param>
/// <param name="NonFinite">Pairs left out because their margin is NaN or infinite.</param>
/// <param name="Accuracy">Share of the pairs with a positive margin, a margin of zero counted as half; null without pairs.</param>
/// <param name="MarginMean">Mean margin in reward units; null without pairs.</param>
/// <param name="MarginQuantiles">Margins at <see cref="Levels"/>, linear between order statistics; empty without pairs.</param>
public sealed record RewardAccuracy(int Pairs, int NonFinite, double? Accuracy, double? MarginMean, ImmutableArray<double> MarginQuantiles)
{
    /// <summary>Levels of the quantiles: minimum, 5, 25, 50, 75 and 95 %, maximum.</summary>
    public static ImmutableArray<double> Levels { get; } = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1];

    /// <param name="margins">Implicit reward of chosen minus that of rejected, in any order; the result does not depend on it.</param>
    public static RewardAccuracy Of(IEnumerable<double> margins)
    {
        var all = margins.ToList();
        var finite = all.Where(double.IsFinite).Order().ToList();
        var left = all.Count - finite.Count;
        if (finite.Count == 0) return new RewardAccuracy(0, left, null, null, []);
        var accuracy = finite.Average(m => m > 0 ? 1.0 : m == 0 ? 0.5 : 0.0);
        return new RewardAccuracy(finite.Count, left, accuracy, finite.Average(), Quantiles.Of(finite, Levels));
    }
}
