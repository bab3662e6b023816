using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

internal static unsafe class SoftmaxKernel
{
    public static void Forward<T>(byte* scores, Visibility visible, long first, long count, float scale)
        where T : struct, IElement
    {
        for (var row = first; row < first + count; row++)
        {
            var at = row * visible.Keys;
            var run = visible.Runs.AsSpan((int)(row % visible.Queries) * 4, 4);
            var largest = MathF.Max(Largest<T>(scores, at + run[0], at + run[1]), Largest<T>(scores, at + run[2], at + run[3]));
            var sum = Exponentials<T>(scores, at + run[0], at + run[1], largest, scale) + Exponentials<T>(scores, at + run[2], at + run[3], largest, scale);
            Scale<T>(scores, at + run[0], at + run[1], 1 / sum);
            Scale<T>(scores, at + run[2], at + run[3], 1 / sum);
            Clear<T>(scores, at, at + run[0]);
            Clear<T>(scores, at + run[1], at + run[2]);
            Clear<T>(scores, at + run[3], at + visible.Keys);
        }
    }

    public static void Backward<T>(byte* probabilities, byte* gradient, Visibility visible, long first, long count, float scale)
        where T : struct, IElement
    {
        for (var row = first; row < first + count; row++)
        {
            var at = row * visible.Keys;
            var run = visible.Runs.AsSpan((int)(row % visible.Queries) * 4, 4);
            var dot = Dot<T>(probabilities, gradient, at + run[0], at + run[1]) + Dot<T>(probabilities, gradient, at + run[2], at + run[3]);
            Back<T>(probabilities, gradient, at + run[0], at + run[1], dot, scale);
            Back<T>(probabilities, gradient, at + run[2], at + run[3], dot, scale);
            Clear<T>(gradient, at, at + run[0]);
            Clear<T>(gradient, at + run[1], at + run[2]);
            Clear<T>(gradient, at + run[3], at + visible.Keys);
        }
    }

    private static float Largest<T>(byte* data, long i, long end)
        where T : struct, IElement
    {
        var all = Vector512.Create(float.NegativeInfinity);
        for (; i + 16 <= end; i += 16) all = Vector512.Max(all, T.Load(data, i));
        var largest = float.NegativeInfinity;
        for (var lane = 0; lane < 16; lane++) largest = MathF.Max(largest, all[lane]);
        for (; i < end; i++) largest = MathF.Max(largest, T.Get(data, i));
        return largest;
    }

    private static float Exponentials<T>(byte* data, long i, long end, float largest, float scale)
        where T : struct, IElement
    {
        var (most, factor, sums) = (Vector512.Create(largest), Vector512.Create(scale), Vector512<float>.Zero);
        for (; i + 16 <= end; i += 16)
        {
            var value = VectorMath.Exp((T.Load(data, i) - most) * factor);
            sums += value;
            T.Store(data, i, value);
        }
        var sum = Vector512.Sum(sums);
        for (; i < end; i++)
        {
            var value = MathF.Exp((T.Get(data, i) - largest) * scale);
            sum += value;
            T.Set(data, i, value);
        }
        return sum;
    }

    private static void Scale<T>(byte* data, long i, long end, float factor)
        where T : struct, IElement
    {
        var wide = Vector512.Create(factor);
        for (; i + 16 <= end; i += 16) T.Store(data, i, T.Load(data, i) * wide);
        for (; i < end; i++) T.Set(data, i, T.Get(data, i) * factor);
    }

    private static void Clear<T>(byte* data, long i, long end)
        where T : struct, IElement
    {
        for (; i + 16 <= end; i += 16) T.Store(data, i, Vector512<float>.Zero);
        for (; i < end; i++) T.Set(data, i, 0);
    }

    private static float Dot<T>(byte* a, byte* b, long i, long end)
        where T : struct, IElement
    {
        var sums = Vector512<float>.Zero;
        for (; i + 16 <= end; i += 16) sums = Vector512.FusedMultiplyAdd(T.Load(a, i), T.Load(b, i), sums);
        var sum = Vector512.Sum(sums);
        for (; i < end; i++) sum += T.Get(a, i) * T.Get(b, i);
        return sum;
    }

    private static void Back<T>(byte* probabilities, byte* gradient, long i, long end, float dot, float scale)
        where T : struct, IElement
    {
        var (dots, factor) = (Vector512.Create(dot), Vector512.Create(scale));
        for (; i + 16 <= end; i += 16) T.Store(gradient, i, T.Load(probabilities, i) * (T.Load(gradient, i) - dots) * factor);
        for (; i < end; i++) T.Set(gradient, i, T.Get(probabilities, i) * (T.Get(gradient, i) - dot) * scale);
    }
}
