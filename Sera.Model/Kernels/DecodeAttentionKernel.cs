using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

/// <summary>
/// Attention of one token over the keys and values before it, which lie in blocks of 16 positions: keys as [head size][16], so that 16 scores are
/// made at once without summing over lanes, values as [16][padded head size].
/// </summary>
internal static unsafe class DecodeAttentionKernel
{
    /// <summary>Positions of a block.</summary>
    public const int Positions = 16;

    /// <summary>Head size as values have it: a multiple of 16.</summary>
    public static int Padded(int headSize) => (headSize + 15) / 16 * 16;

    /// <summary>Elements of the keys and values of one head in one block.</summary>
    public static int BlockElements(int headSize) => Positions * (headSize + Padded(headSize));

    /// <summary>Writes the key and value of a position into its block.</summary>
    /// <param name="block">Of one head.</param>
    /// <param name="slot">Of the position in the block.</param>
    public static void Append<T, TFrom>(byte* block, int slot, byte* key, long keyAt, byte* value, long valueAt, int headSize)
        where T : struct, IElement
        where TFrom : struct, IElement
    {
        for (var d = 0; d < headSize; d++) T.Set(block, d * Positions + slot, TFrom.Get(key, keyAt + d));
        var values = Positions * headSize + slot * Padded(headSize);
        for (var d = 0; d < headSize; d++) T.Set(block, values + d, TFrom.Get(value, valueAt + d));
    }

    /// <param name="query">[head size], already rotated.</param>
    /// <param name="blocks">The blocks of one head, in order.</param>
    /// <param name="skipped">Positions of the first block that are not seen.</param>
    /// <param name="count">Positions in the blocks, those skipped included.</param>
    /// <param name="cap">Of the scores; 0 for none.</param>
    /// <param name="scores">Scratch, [positions rounded up to a block].</param>
    /// <param name="output">[head size].</param>
    public static void Attend<T>(float* query, byte** blocks, int skipped, int count, int headSize, float scale, float cap, float* scores, float* output)
        where T : struct, IElement
    {
        Scores<T>(query, blocks, count, headSize, scores);
        if (cap > 0)
        {
            CapKernel.Forward<F32>((byte*)scores, 0, count, scale, cap);
            scale = 1;
        }
        for (var i = 0; i < skipped; i++) scores[i] = float.NegativeInfinity;
        var sum = Exponentials(scores, count, scale);
        Mix<T>(scores, blocks, count, headSize, 1 / sum, output);
    }

    private static void Scores<T>(float* query, byte** blocks, int count, int headSize, float* scores)
        where T : struct, IElement
    {
        var block = 0;
        var all = (count + Positions - 1) / Positions;
        // Four blocks at a time, so that no sum waits for the one before it.
        for (; block + 4 <= all; block += 4)
        {
            Vector512<float> a = default, b = default, c = default, d = default;
            byte* ka = blocks[block], kb = blocks[block + 1], kc = blocks[block + 2], kd = blocks[block + 3];
            for (var i = 0; i < headSize; i++)
            {
                var q = Vector512.Create(query[i]);
                a = Vector512.FusedMultiplyAdd(q, T.Load(ka, i * Positions), a);
                b = Vector512.FusedMultiplyAdd(q, T.Load(kb, i * Positions), b);
                c = Vector512.FusedMultiplyAdd(q, T.Load(kc, i * Positions), c);
                d = Vector512.FusedMultiplyAdd(q, T.Load(kd, i * Positions), d);
            }
            a.Store(scores + block * Positions);
            b.Store(scores + (block + 1) * Positions);
            c.Store(scores + (block + 2) * Positions);
            d.Store(scores + (block + 3) * Positions);
        }
        for (; block < all; block++)
        {
            Vector512<float> a = default;
            for (var i = 0; i < headSize; i++) a = Vector512.FusedMultiplyAdd(Vector512.Create(query[i]), T.Load(blocks[block], i * Positions), a);
            a.Store(scores + block * Positions);
        }
    }

    /// <summary>exp(scale * (score - largest)) in place; slots after the last position become 0.</summary>
    private static float Exponentials(float* scores, int count, float scale)
    {
        var whole = count / Positions * Positions;
        var all = Vector512.Create(float.NegativeInfinity);
        for (var i = 0; i < whole; i += Positions) all = Vector512.Max(all, Vector512.Load(scores + i));
        var largest = float.NegativeInfinity;
        for (var lane = 0; lane < 16; lane++) largest = MathF.Max(largest, all[lane]);
        for (var i = whole; i < count; i++) largest = MathF.Max(largest, scores[i]);
        for (var i = count; i < whole + Positions && whole < count; i++) scores[i] = float.NegativeInfinity;
        var (most, factor, sums) = (Vector512.Create(largest), Vector512.Create(scale), Vector512<float>.Zero);
        for (var i = 0; i < count; i += Positions)
        {
            var value = VectorMath.Exp((Vector512.Load(scores + i) - most) * factor);
            sums += value;
            value.Store(scores + i);
        }
        return Vector512.Sum(sums);
    }

    private static void Mix<T>(float* weights, byte** blocks, int count, int headSize, float factor, float* output)
        where T : struct, IElement
    {
        var padded = Padded(headSize);
        for (var column = 0; column < padded; column += 16)
        {
            Vector512<float> a = default, b = default, c = default, d = default;
            for (var first = 0; first < count; first += Positions)
            {
                var values = blocks[first / Positions];
                var at = Positions * headSize + column;
                var seen = Math.Min(Positions, count - first);
                var i = 0;
                for (; i + 4 <= seen; i += 4)
                {
                    a = Vector512.FusedMultiplyAdd(Vector512.Create(weights[first + i]), T.Load(values, at + i * padded), a);
                    b = Vector512.FusedMultiplyAdd(Vector512.Create(weights[first + i + 1]), T.Load(values, at + (i + 1) * padded), b);
                    c = Vector512.FusedMultiplyAdd(Vector512.Create(weights[first + i + 2]), T.Load(values, at + (i + 2) * padded), c);
                    d = Vector512.FusedMultiplyAdd(Vector512.Create(weights[first + i + 3]), T.Load(values, at + (i + 3) * padded), d);
                }
                for (; i < seen; i++) a = Vector512.FusedMultiplyAdd(Vector512.Create(weights[first + i]), T.Load(values, at + i * padded), a);
            }
            var mixed = ((a + b) + (c + d)) * Vector512.Create(factor);
            if (column + 16 <= headSize)
            {
                mixed.Store(output + column);
                continue;
            }
            for (var lane = 0; column + lane < headSize; lane++) output[column + lane] = mixed[lane];
        }
    }
}
