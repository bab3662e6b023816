using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>
/// Margin-based selection: the K items with the largest margins (SeRA, arXiv 2410.09362, section 3). K = max(1, round(keep n)), half to even, over
/// all n items; an item whose margin is not finite is never selected, so fewer than K may be. 0 of 0 items.
/// </summary>
public static class MarginSelection
{
    /// <summary>K for n items.</summary>
    /// <param name="keep">In (0, 1].</param>
    public static int KeptCount(double keep, int count)
    {
        if (keep is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(keep), keep, "expected (0, 1]");
        }
        return count == 0 ? 0 : Math.Max(1, (int)Math.Round(keep * count, MidpointRounding.ToEven));
    }

    /// <summary>Largest margin first; equal margins by lower index.</summary>
    public static SelectionResult TopK(ReadOnlySpan<double> margins, double keep) => TopK(margins, keep, null);

    /// <summary>Largest margin first; equal margins by ordinal order of the ids, so the order of the input does not matter.</summary>
    public static SelectionResult TopK(IReadOnlyList<string> ids, ReadOnlySpan<double> margins, double keep)
    {
        if (ids.Count != margins.Length)
        {
            throw new ArgumentException($"{ids.Count} ids, {margins.Length} margins");
        }
        return TopK(margins, keep, ids);
    }

    private static SelectionResult TopK(ReadOnlySpan<double> margins, double keep, IReadOnlyList<string>? ids)
    {
        var kept = KeptCount(keep, margins.Length);
        var values = margins.ToArray();
        var finite = Enumerable.Range(0, values.Length).Where(i => double.IsFinite(values[i])).ToArray();
        Array.Sort(finite, (a, b) =>
        {
            var order = values[b].CompareTo(values[a]);
            order = order != 0 || ids is null ? order : string.CompareOrdinal(ids[a], ids[b]);
            return order != 0 ? order : a.CompareTo(b);
        });
        return new SelectionResult([.. finite.Take(kept)], values.Length - finite.Length);
    }
}

/// <param name="Selected">Indices into the input, best first.</param>
/// <param name="NonFinite">Items left out because their margin was not a finite number.</param>
public sealed record SelectionResult(ImmutableArray<int> Selected, int NonFinite);
