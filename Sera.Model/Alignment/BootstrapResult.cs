using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>Every prompt asked is accounted for once: <c>Selected.Length</c> plus the counts of <c>Filtered</c> is the number of prompts.</summary>
/// <param name="Verdicts">One a prompt, in the order given.</param>
/// <param name="Selected">Indices of the prompts kept, largest margin first.</param>
/// <param name="Filtered">Prompts left out, by reason (see <see cref="BootstrapFilters"/>).</param>
public sealed record BootstrapResult(
    ImmutableArray<BootstrapVerdict> Verdicts, ImmutableArray<int> Selected, ImmutableSortedDictionary<string, int> Filtered);

/// <summary>What became of one prompt.</summary>
/// <param name="Chosen">Index of the best response; -1 when fewer than two responses were fit.</param>
/// <param name="Rejected">Index of the response it stands against; -1 when fewer than two responses were fit.</param>
/// <param name="Margin">Reward of chosen minus rejected; NaN when fewer than two responses were fit.</param>
/// <param name="Filter">Why it was left out; null when kept.</param>
public sealed record BootstrapVerdict(string Id, int Chosen, int Rejected, double Margin, string? Filter)
{
    public bool Kept => Filter is null;
}
