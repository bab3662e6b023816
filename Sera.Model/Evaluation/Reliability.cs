using System.Collections.Immutable;
using Sera.Model.Alignment;

namespace Sera.Model.Evaluation;

/// <summary>
/// How well a reward model ranks pairs and how far its probabilities can be believed: s(|d|), d = r(w) - r(l), is how sure it is of its ranking, and in each bin
/// of that it should be right as often (arXiv 1706.04599).
/// </summary>
/// <param name="Pairs">With a finite margin.</param>
/// <param name="NonFinite">Left out because their margin is not finite.</param>
/// <param name="Accuracy">Share ranked the right way, ties half; null without pairs.</param>
/// <param name="MeanNll">Mean of -log s(d), nats; null without pairs.</param>
/// <param name="CalibrationError">Expected calibration error: the bins' mean distance of accuracy and confidence, by their pairs; null without pairs.</param>
/// <param name="Bins">Ten of equal width from 0.5 to 1, without the empty ones.</param>
public sealed record Reliability(
    int Pairs, int NonFinite, double? Accuracy, double? MeanNll, double? CalibrationError, ImmutableArray<ReliabilityBin> Bins)
{
    private const int Count = 10;

    /// <param name="margins">In any order; the result does not depend on it.</param>
    public static Reliability Of(IEnumerable<double> margins)
    {
        var all = margins.ToList();
        // Sums go by size, so that they are the same in any order.
        var finite = all.Where(double.IsFinite).Order().ToList();
        if (finite.Count == 0) return new Reliability(0, all.Count, null, null, null, []);
        ImmutableArray<ReliabilityBin> bins =
        [
            .. finite.GroupBy(BinOf).OrderBy(bin => bin.Key).Select(bin => new ReliabilityBin(
                0.5 + 0.5 * bin.Key / Count, 0.5 + 0.5 * (bin.Key + 1) / Count, bin.Count(), bin.Average(Confidence), bin.Average(Right))),
        ];
        return new Reliability(
            finite.Count, all.Count - finite.Count, finite.Average(Right), finite.Average(d => PairwiseRewardLoss.Of(d, null).Loss),
            bins.Sum(bin => bin.Pairs * Math.Abs(bin.Accuracy - bin.Confidence)) / finite.Count, bins);
    }

    private static double Confidence(double margin) => Logistic.Sigmoid(Math.Abs(margin));

    private static double Right(double margin) => margin > 0 ? 1 : margin == 0 ? 0.5 : 0;

    private static int BinOf(double margin) => Math.Min(Count - 1, (int)((Confidence(margin) - 0.5) * 2 * Count));
}

/// <param name="From">Least confidence.</param>
/// <param name="To">Where the next bin begins.</param>
/// <param name="Confidence">Mean of its pairs.</param>
/// <param name="Accuracy">Share of its pairs that are ranked the right way, ties half.</param>
public sealed record ReliabilityBin(double From, double To, int Pairs, double Confidence, double Accuracy);
