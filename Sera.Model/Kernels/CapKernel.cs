using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

/// <summary>cap tanh(x / cap), which is about x where x is small and never above cap (the soft cap of Gemma 2, arXiv 2408.00118 section 2.1), and its gradient.</summary>
internal static unsafe class CapKernel
{
    /// <summary>Elements first .. first + count - 1, in place.</summary>
    /// <param name="scale">What they are multiplied by before.</param>
    public static void Forward<T>(byte* x, long first, long count, float scale, float cap)
        where T : struct, IElement
    {
        var (factor, most) = (Vector512.Create(scale / cap), Vector512.Create(cap));
        var (i, end) = (first, first + count);
        for (; i + 16 <= end; i += 16) T.Store(x, i, VectorMath.Tanh(T.Load(x, i) * factor) * most);
        for (; i < end; i++) T.Set(x, i, VectorMath.Tanh(Vector512.Create(T.Get(x, i) * (scale / cap)))[0] * cap);
    }

    /// <summary>The gradient of what was capped, written over that of the capped.</summary>
    public static void Backward<T>(byte* capped, byte* d, long first, long count, float scale, float cap)
        where T : struct, IElement
    {
        var (factor, inverse) = (Vector512.Create(scale), Vector512.Create(1 / cap));
        var (i, end) = (first, first + count);
        for (; i + 16 <= end; i += 16) T.Store(d, i, T.Load(d, i) * Slope(T.Load(capped, i), inverse) * factor);
        for (; i < end; i++) T.Set(d, i, T.Get(d, i) * Slope(Vector512.Create(T.Get(capped, i)), inverse)[0] * scale);
    }

    /// <summary>Derivative of the cap where it gave these values.</summary>
    /// <param name="inverse">1 / cap; 0 for no cap, whose derivative is exactly 1.</param>
    public static Vector512<float> Slope(Vector512<float> capped, Vector512<float> inverse)
    {
        var share = capped * inverse;
        return Vector512<float>.One - share * share;
    }
}
