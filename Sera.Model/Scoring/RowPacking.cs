using System.Collections.Immutable;
using Sera.Model.Engine;

namespace Sera.Model.Scoring;

/// <summary>
/// Puts pieces of groups into rows of a common width and rows into batches: first fit, longest first. A function of the lengths and the
/// budget alone, so that the same groups are always computed in the same layout.
/// </summary>
public static class RowPacking
{
    /// <summary>Rows are at least this wide where there is enough to fill them, so that short groups share one.</summary>
    private const int UsualWidth = 128;

    /// <param name="batchTokens">Most positions of a batch, padding counted; a single longer piece stands alone.</param>
    /// <returns>Batches of rows of pieces; every response of every group exactly once.</returns>
    public static ImmutableArray<ImmutableArray<ImmutableArray<Branches>>> Batches(IReadOnlyList<TokenGroup> groups, int batchTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchTokens);
        var waiting = Sorted(groups, batchTokens);
        var batches = ImmutableArray.CreateBuilder<ImmutableArray<ImmutableArray<Branches>>>();
        while (waiting.Count > 0)
        {
            var width = Math.Max(waiting[0].Length, Math.Min(UsualWidth, batchTokens));
            batches.Add(Fill(waiting, width, Math.Max(1, batchTokens / width)));
        }
        return batches.ToImmutable();
    }

    /// <summary>All groups as the rows of one batch.</summary>
    public static ImmutableArray<ImmutableArray<Branches>> Rows(IReadOnlyList<TokenGroup> groups)
    {
        var waiting = Sorted(groups, int.MaxValue);
        return waiting.Count == 0 ? [] : Fill(waiting, Math.Max(waiting[0].Length, UsualWidth), int.MaxValue);
    }

    private static List<(Branches Piece, int Length)> Sorted(IReadOnlyList<TokenGroup> groups, int limit) =>
        [.. groups.SelectMany((group, i) => Branches.Cut(group, i, limit).Select(piece => (Piece: piece, Length: piece.Length(group)))).OrderByDescending(p => p.Length)];

    // Takes what fits into the rows out of the list and leaves the rest in order.
    private static ImmutableArray<ImmutableArray<Branches>> Fill(List<(Branches Piece, int Length)> waiting, int width, int mostRows)
    {
        var rows = new List<(ImmutableArray<Branches>.Builder Pieces, int Filled)>();
        var left = new List<(Branches, int)>();
        foreach (var (piece, length) in waiting)
        {
            var row = rows.FindIndex(r => r.Filled + length <= width);
            if (row < 0 && rows.Count < mostRows)
            {
                row = rows.Count;
                rows.Add((ImmutableArray.CreateBuilder<Branches>(), 0));
            }
            if (row < 0)
            {
                left.Add((piece, length));
                continue;
            }
            rows[row].Pieces.Add(piece);
            rows[row] = (rows[row].Pieces, rows[row].Filled + length);
        }
        waiting.Clear();
        waiting.AddRange(left);
        return [.. rows.Select(r => r.Pieces.ToImmutable())];
    }
}
