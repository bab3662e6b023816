using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

internal static unsafe class NormKernel
{
    // Partial sums of the weight's gradient are over blocks of this many rows, added in order: the same bits for any number of threads.
    private const long BlockRows = 256;

    /// <typeparam name="T">Of <paramref name="delta"/> and <paramref name="y"/>.</typeparam>
    /// <typeparam name="TWeight">Of <paramref name="weight"/> and <paramref name="bias"/>.</typeparam>
    /// <param name="bias">null for RMSNorm.</param>
    /// <param name="shift">Added to the weight; 0 for LayerNorm.</param>
    public static void Forward<T, TWeight>(
        float* x, byte* delta, byte* weight, byte* bias, byte* y, float* scales, long first, long count, long size, float eps, float shift)
        where T : struct, IElement
        where TWeight : struct, IElement
    {
        if (bias == null) Scaled<T, TWeight>(x, delta, weight, y, scales, first, count, size, eps, shift);
        else Centred<T, TWeight>(x, delta, weight, bias, y, scales, first, count, size, eps);
    }

    private static void Scaled<T, TWeight>(float* x, byte* delta, byte* weight, byte* y, float* scales, long first, long count, long size, float eps, float shift)
        where T : struct, IElement
        where TWeight : struct, IElement
    {
        for (var row = first; row < first + count; row++)
        {
            var at = row * size;
            var squares = Vector512<float>.Zero;
            var rest = 0f;
            long i = 0;
            for (; i + 16 <= size; i += 16)
            {
                var value = Vector512.Load(x + at + i);
                if (delta != null)
                {
                    value += T.Load(delta, at + i);
                    value.Store(x + at + i);
                }
                squares = Vector512.FusedMultiplyAdd(value, value, squares);
            }
            for (; i < size; i++)
            {
                if (delta != null) x[at + i] += T.Get(delta, at + i);
                rest += x[at + i] * x[at + i];
            }
            var scale = 1f / MathF.Sqrt((Vector512.Sum(squares) + rest) / size + eps);
            scales[row] = scale;
            var (wide, more) = (Vector512.Create(scale), Vector512.Create(shift));
            for (i = 0; i + 16 <= size; i += 16) T.Store(y, at + i, Vector512.Load(x + at + i) * wide * (TWeight.Load(weight, i) + more));
            for (; i < size; i++) T.Set(y, at + i, x[at + i] * scale * (TWeight.Get(weight, i) + shift));
        }
    }

    private static void Centred<T, TWeight>(
        float* x, byte* delta, byte* weight, byte* bias, byte* y, float* scales, long first, long count, long size, float eps)
        where T : struct, IElement
        where TWeight : struct, IElement
    {
        for (var row = first; row < first + count; row++)
        {
            var at = row * size;
            long i = 0;
            if (delta != null)
            {
                for (; i + 16 <= size; i += 16) (Vector512.Load(x + at + i) + T.Load(delta, at + i)).Store(x + at + i);
                for (; i < size; i++) x[at + i] += T.Get(delta, at + i);
            }
            var mean = Mean(x + at, size);
            var means = Vector512.Create(mean);
            var squares = Vector512<float>.Zero;
            var rest = 0f;
            for (i = 0; i + 16 <= size; i += 16)
            {
                var value = Vector512.Load(x + at + i) - means;
                squares = Vector512.FusedMultiplyAdd(value, value, squares);
            }
            for (; i < size; i++) rest += (x[at + i] - mean) * (x[at + i] - mean);
            var scale = 1f / MathF.Sqrt((Vector512.Sum(squares) + rest) / size + eps);
            scales[row] = scale;
            var wide = Vector512.Create(scale);
            for (i = 0; i + 16 <= size; i += 16)
                T.Store(y, at + i, (Vector512.Load(x + at + i) - means) * wide * TWeight.Load(weight, i) + TWeight.Load(bias, i));
            for (; i < size; i++) T.Set(y, at + i, (x[at + i] - mean) * scale * TWeight.Get(weight, i) + TWeight.Get(bias, i));
        }
    }

    private static float Mean(float* x, long size)
    {
        var sums = Vector512<float>.Zero;
        var rest = 0f;
        long i = 0;
        for (; i + 16 <= size; i += 16) sums += Vector512.Load(x + i);
        for (; i < size; i++) rest += x[i];
        return (Vector512.Sum(sums) + rest) / size;
    }

    /// <param name="centred">Whether it is that of LayerNorm.</param>
    public static void Backward<T>(
        float* x, float* scales, byte* weight, byte* dy, float* dx, float* dWeight, float* dBias, long rows, long size, bool centred, float shift)
        where T : struct, IElement
    {
        var blocks = (rows + BlockRows - 1) / BlockRows;
        var partial = dWeight == null ? [] : new float[blocks * size];
        var partialBias = dBias == null ? [] : new float[blocks * size];
        VectorMath.ForRows(blocks, BlockRows * size, (firstBlock, count) =>
        {
            fixed (float* sums = partial, biasSums = partialBias)
            {
                for (var block = firstBlock; block < firstBlock + count; block++)
                {
                    float* own = dWeight == null ? null : sums + block * size, ownBias = dBias == null ? null : biasSums + block * size;
                    var end = Math.Min(rows, (block + 1) * BlockRows);
                    for (var row = block * BlockRows; row < end; row++)
                        Row<T>(x + row * size, scales[row], centred ? Mean(x + row * size, size) : 0, weight, dy, row * size, dx + row * size, own, ownBias, size, centred, shift);
                }
            }
        });
        for (var block = 0L; block < blocks; block++)
        {
            for (var i = 0L; dWeight != null && i < size; i++) dWeight[i] += partial[block * size + i];
            for (var i = 0L; dBias != null && i < size; i++) dBias[i] += partialBias[block * size + i];
        }
    }

    /// <param name="middle">Mean of the row; 0 where it is not taken out, which then changes no bit.</param>
    private static void Row<T>(
        float* x, float scale, float middle, byte* weight, byte* dy, long at, float* dx, float* dWeight, float* dBias, long size, bool centred, float shift)
        where T : struct, IElement
    {
        var (wide, middles, more) = (Vector512.Create(scale), Vector512.Create(middle), Vector512.Create(shift));
        var (dots, sums) = (Vector512<float>.Zero, Vector512<float>.Zero);
        var (rest, restSum) = (0f, 0f);
        long i = 0;
        for (; i + 16 <= size; i += 16)
        {
            var normal = (Vector512.Load(x + i) - middles) * wide;
            var d = T.Load(dy, at + i);
            if (dWeight != null) Vector512.FusedMultiplyAdd(d, normal, Vector512.Load(dWeight + i)).Store(dWeight + i);
            if (dBias != null) (d + Vector512.Load(dBias + i)).Store(dBias + i);
            var weighted = d * (T.Load(weight, i) + more);
            dots = Vector512.FusedMultiplyAdd(weighted, normal, dots);
            sums += weighted;
        }
        for (; i < size; i++)
        {
            var normal = (x[i] - middle) * scale;
            if (dWeight != null) dWeight[i] += T.Get(dy, at + i) * normal;
            if (dBias != null) dBias[i] += T.Get(dy, at + i);
            var weighted = T.Get(dy, at + i) * (T.Get(weight, i) + shift);
            rest += weighted * normal;
            restSum += weighted;
        }
        var mean = (Vector512.Sum(dots) + rest) / size;
        var drift = centred ? (Vector512.Sum(sums) + restSum) / size : 0;
        var (means, drifts) = (Vector512.Create(mean), Vector512.Create(drift));
        for (i = 0; i + 16 <= size; i += 16)
        {
            var weighted = T.Load(dy, at + i) * (T.Load(weight, i) + more) - drifts;
            ((weighted - (Vector512.Load(x + i) - middles) * wide * means) * wide + Vector512.Load(dx + i)).Store(dx + i);
        }
        for (; i < size; i++) dx[i] += (T.Get(dy, at + i) * (T.Get(weight, i) + shift) - drift - (x[i] - middle) * scale * mean) * scale;
    }
}
