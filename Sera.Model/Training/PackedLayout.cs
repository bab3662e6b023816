using System.Collections.Immutable;
using Sera.Model.Models.Llama;

namespace Sera.Model.Training;

/// <summary>A prompt and its responses laid side by side, the prompt once: the tokens of one group.</summary>
internal sealed record TokenTree(ImmutableArray<int> Prompt, ImmutableArray<ImmutableArray<int>> Responses)
{
    public int Length { get; } = Prompt.Length + Responses.Sum(r => r.Length);
}

/// <summary>Where each tree of a batch lies: rows of one width, several trees a row.</summary>
/// <param name="Width">Columns of every row.</param>
/// <param name="Rows">Rows in all.</param>
/// <param name="Places">Row and first column of each tree, in the order given.</param>
internal sealed record PackedLayout(int Width, int Rows, ImmutableArray<(int Row, int Column)> Places)
{
    // Widths tried, in eighths of the longest tree.
    private static readonly int[] Eighths = [8, 10, 12, 16, 20, 24, 32, 48];

    /// <summary>
    /// The cheapest of some widths, by an estimate of multiplications: every cell of a row pays for the matrix products, and for attention
    /// in proportion to the width. Trees are placed longest first, each in the first row that has room.
    /// </summary>
    public static PackedLayout Of(IReadOnlyList<int> lengths, LlamaConfig config)
    {
        var order = Enumerable.Range(0, lengths.Count).OrderByDescending(i => lengths[i]).ThenBy(i => i).ToArray();
        var linear = (double)config.HiddenSize * (2 * config.QuerySize + 2 * config.KeySize + 3 * config.IntermediateSize);
        PackedLayout? best = null;
        var least = double.PositiveInfinity;
        foreach (var eighths in Eighths)
        {
            var layout = Place(lengths, order, (lengths[order[0]] * eighths + 7) / 8);
            var cost = (double)layout.Rows * layout.Width * (linear + 2.0 * layout.Width * config.QuerySize);
            if (cost >= least) continue;
            (best, least) = (layout, cost);
        }
        return best!;
    }

    private static PackedLayout Place(IReadOnlyList<int> lengths, int[] order, int width)
    {
        var places = new (int, int)[lengths.Count];
        var filled = new List<int>();
        foreach (var i in order)
        {
            var row = filled.FindIndex(used => used + lengths[i] <= width);
            if (row < 0)
            {
                row = filled.Count;
                filled.Add(0);
            }
            places[i] = (row, filled[row]);
            filled[row] += lengths[i];
        }
        return new PackedLayout(filled.Max(), filled.Count, [.. places]);
    }
}
