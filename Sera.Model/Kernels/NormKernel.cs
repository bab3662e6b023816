using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

internal static unsafe class NormKernel
{
    // Partial sums of the weight's gradient are over blocks of this many rows, added in order: the same bits for any number of threads.
    private const long BlockRows = 256;

    /// <typeparam name="T">Of <paramref name="delta"/> and <paramref name="y"/>.</typeparam>
    /// <typeparam name="TWeight">Of <paramref name="weight"/>.</typeparam>
    public static void Forward<T, TWeight>(float* x, byte* delta, byte* weight, byte* y, float* scales, long first, long count, long size, float eps)
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
            var wide = Vector512.Create(scale);
            for (i = 0; i + 16 <= size; i += 16) T.Store(y, at + i, Vector512.Load(x + at + i) * wide * TWeight.Load(weight, i));
            for (; i < size; i++) T.Set(y, at + i, x[at + i] * scale * TWeight.Get(weight, i));
        }
    }

    public static void Backward<T>(float* x, float* scales, byte* weight, byte* dy, float* dx, float* dWeight, long rows, long size)
        where T : struct, IElement
    {
        var blocks = (rows + BlockRows - 1) / BlockRows;
        var partial = dWeight == null ? [] : new float[blocks * size];
        VectorMath.ForRows(blocks, BlockRows * size, (firstBlock, count) =>
        {
            fixed (float* sums = partial)
            {
                for (var block = firstBlock; block < firstBlock + count; block++)
                {
                    var end = Math.Min(rows, (block + 1) * BlockRows);
                    for (var row = block * BlockRows; row < end; row++)
                        Row<T>(x + row * size, scales[row], weight, dy, row * size, dx + row * size, dWeight == null ? null : sums + block * size, size);
                }
            }
        });
        for (var block = 0L; dWeight != null && block < blocks; block++)
            for (var i = 0L; i < size; i++) dWeight[i] += partial[block * size + i];
    }

    private static void Row<T>(float* x, float scale, byte* weight, byte* dy, long at, float* dx, float* dWeight, long size)
        where T : struct, IElement
    {
        var wide = Vector512.Create(scale);
        var dots = Vector512<float>.Zero;
        var rest = 0f;
        long i = 0;
        for (; i + 16 <= size; i += 16)
        {
            var normal = Vector512.Load(x + i) * wide;
            var d = T.Load(dy, at + i);
            if (dWeight != null) Vector512.FusedMultiplyAdd(d, normal, Vector512.Load(dWeight + i)).Store(dWeight + i);
            dots = Vector512.FusedMultiplyAdd(d * T.Load(weight, i), normal, dots);
        }
        for (; i < size; i++)
        {
            var normal = x[i] * scale;
            if (dWeight != null) dWeight[i] += T.Get(dy, at + i) * normal;
            rest += T.Get(dy, at + i) * T.Get(weight, i) * normal;
        }
        var mean = (Vector512.Sum(dots) + rest) / size;
        var means = Vector512.Create(mean);
        for (i = 0; i + 16 <= size; i += 16)
        {
            var weighted = T.Load(dy, at + i) * T.Load(weight, i);
            ((weighted - Vector512.Load(x + i) * wide * means) * wide + Vector512.Load(dx + i)).Store(dx + i);
        }
        for (; i < size; i++) dx[i] += (T.Get(dy, at + i) * T.Get(weight, i) - x[i] * scale * mean) * scale;
    }
}
