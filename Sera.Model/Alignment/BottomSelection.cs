namespace Sera.Model.Alignment;

/// <summary>The K smallest margins, smallest first: what top would drop first. A control for experiments, not part of SeRA.</summary>
internal static class BottomSelection
{
    public static readonly SelectionRule Rule = new("bottom", BootstrapFilters.AboveK, (candidates, bounds) => candidates
        .OrderBy(c => c.Margin).ThenBy(c => c.Id, StringComparer.Ordinal).ThenBy(c => c.Index).Take(bounds.Count));
}
