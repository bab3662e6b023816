using Sera.Model.Alignment;
using Sera.Model.Data;

namespace Sera.Actors.Work;

/// <summary>Margins of canonical pairs from a reward table.</summary>
internal static class PairMargins
{
    /// <summary>Chosen minus rejected; response 0 of a scored pair is chosen, 1 is rejected.</summary>
    public static double Margin(this RewardTable rewards, PairRow pair) =>
        rewards.Of(pair.Id, 0, pair.ChosenTokens.Length) - rewards.Of(pair.Id, 1, pair.RejectedTokens.Length);

    /// <summary>Counts and means over the pairs kept.</summary>
    public static PairStatistics Statistics(
        int candidates, IReadOnlyDictionary<string, int> filtered, double? rewardAccuracy, IReadOnlyCollection<TrainingPairRow> kept) => new(
        candidates, kept.Count, System.Collections.Immutable.ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, filtered), rewardAccuracy,
        kept.Count == 0 || kept.Any(k => k.Margin is null) ? null : kept.Average(k => k.Margin!.Value),
        MarginQuantiles.Of(kept.Select(k => k.Margin ?? double.NaN)),
        kept.Count == 0 ? 0 : kept.Average(k => k.ChosenTokens.Length),
        kept.Count == 0 ? 0 : kept.Average(k => k.RejectedTokens.Length),
        PairColumnMaker.Mean(kept));
}
