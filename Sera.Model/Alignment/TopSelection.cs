namespace Sera.Model.Alignment;

/// <summary>The K largest margins, largest first (SeRA, arXiv 2410.09362, section 3); equal ones by id, then by place.</summary>
internal static class TopSelection
{
    public static readonly SelectionRule Rule = new("top", BootstrapFilters.BelowK, (candidates, bounds) => Ranked(candidates).Take(bounds.Count));

    public static IEnumerable<SelectionCandidate> Ranked(IEnumerable<SelectionCandidate> candidates) => candidates
        .OrderByDescending(c => c.Margin).ThenBy(c => c.Id, StringComparer.Ordinal).ThenBy(c => c.Index);
}
