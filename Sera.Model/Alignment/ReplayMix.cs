using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>
/// DICE's replay (arXiv 2406.09760): beside its bootstrapped pairs a round trains on offline ones, so that it does not forget the data. They are of
/// other prompts, and so many that they are a given share of all, as far as there are enough.
/// </summary>
public static class ReplayMix
{
    /// <summary>Offline pairs beside so many bootstrapped ones; half to even.</summary>
    /// <param name="share">Of the offline pairs in all, (0, 1).</param>
    public static int CountBeside(int bootstrapped, double share) => (int)Math.Round(bootstrapped * share / (1 - share), MidpointRounding.ToEven);

    /// <summary>The pairs drawn: those with the smallest seed below the draw's, each by its own id, so that neither the order nor the others matter.</summary>
    /// <param name="pairs">Id, and whether its prompt is none of the bootstrapped pairs'.</param>
    /// <returns>Of each pair why it is left out (<see cref="BootstrapFilters"/>); null of those drawn.</returns>
    public static ImmutableArray<string?> Draw(IReadOnlyList<(string Id, bool OtherPrompt)> pairs, int count, ulong seed)
    {
        var drawn = Enumerable.Range(0, pairs.Count).Where(i => pairs[i].OtherPrompt)
            .OrderBy(i => SeedTree.Child(seed, pairs[i].Id)).ThenBy(i => pairs[i].Id, StringComparer.Ordinal).Take(count).ToHashSet();
        return [.. pairs.Select((p, i) => drawn.Contains(i) ? null : p.OtherPrompt ? BootstrapFilters.NotDrawn : BootstrapFilters.SamePrompt)];
    }
}
