namespace Sera.Model.Alignment;

/// <summary>
/// K drawn without regard to their margins: those with the smallest seed below the draw's, each by its own id, so that a draw depends neither on
/// the order of the input nor on who else is in it. A control for experiments, not part of SeRA.
/// </summary>
internal static class RandomSelection
{
    public static readonly SelectionRule Rule = new("random", BootstrapFilters.NotDrawn, Keep, Draws: true);

    private static IEnumerable<SelectionCandidate> Keep(IEnumerable<SelectionCandidate> candidates, SelectionBounds bounds) => candidates
        .OrderBy(c => SeedTree.Child(bounds.Seed, c.Id)).ThenBy(c => c.Id, StringComparer.Ordinal).ThenBy(c => c.Index).Take(bounds.Count);
}
