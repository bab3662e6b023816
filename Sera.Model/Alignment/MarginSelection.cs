using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>
/// Margin-based selection: by default the K items with the largest margins (SeRA, arXiv 2410.09362, section 3), or by another rule
/// (<see cref="SelectionRules"/>). K is a count, or max(1, round(keep n)), half to even, over all n items; an item whose margin is not finite is
/// never selected, so fewer than K may be. 0 of 0 items.
/// </summary>
public static class MarginSelection
{
    /// <summary>K for n items by share.</summary>
    /// <param name="keep">In (0, 1].</param>
    public static int KeptCount(double keep, int count)
    {
        if (keep is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(keep), keep, "expected (0, 1]");
        }
        return count == 0 ? 0 : Math.Max(1, (int)Math.Round(keep * count, MidpointRounding.ToEven));
    }

    /// <summary>K for n items by count, at most n, where there is one; else by share.</summary>
    /// <param name="keepPairs">0 = by share.</param>
    public static int KeptCount(double keep, int keepPairs, int count) => keepPairs > 0 ? Math.Min(keepPairs, count) : KeptCount(keep, count);

    /// <summary>Largest margin first; equal margins by lower index.</summary>
    public static SelectionResult TopK(ReadOnlySpan<double> margins, double keep) =>
        Select([.. Enumerable.Repeat("", margins.Length)], margins, new SelectionOptions(keep, 0), 0);

    /// <summary>By the rule of the options; ties by ordinal order of the ids, so the order of the input does not matter.</summary>
    /// <param name="seed">Of a rule that draws; others do not read it.</param>
    /// <exception cref="ArgumentException">As many ids as margins are needed, and a rule of that name.</exception>
    public static SelectionResult Select(IReadOnlyList<string> ids, ReadOnlySpan<double> margins, SelectionOptions options, ulong seed)
    {
        if (ids.Count != margins.Length)
        {
            throw new ArgumentException($"{ids.Count} ids, {margins.Length} margins");
        }
        var finite = new List<SelectionCandidate>(margins.Length);
        for (var i = 0; i < margins.Length; i++)
        {
            if (double.IsFinite(margins[i])) finite.Add(new SelectionCandidate(i, ids[i], margins[i]));
        }
        var bounds = new SelectionBounds(KeptCount(options.Keep, options.KeepPairs, margins.Length), options.Threshold ?? double.NaN, seed);
        return new SelectionResult([.. SelectionRules.Of(options).Keep(finite, bounds).Select(c => c.Index)], margins.Length - finite.Count);
    }
}

/// <param name="Selected">Indices into the input, in the order of the rule: best first where it ranks by margin.</param>
/// <param name="NonFinite">Items left out because their margin was not a finite number.</param>
public sealed record SelectionResult(ImmutableArray<int> Selected, int NonFinite);
