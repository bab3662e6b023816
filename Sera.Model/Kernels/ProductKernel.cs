using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sera.Model.Kernels;

/// <summary>
/// y = x W^T for the few rows that decoding has. W is read once, as it lies, and computed with in fp32; every product of a row of x with a row of W is
/// summed in the same order however many rows there are, so a row's result does not depend on its neighbours.
/// </summary>
internal static unsafe class ProductKernel
{
    private const int Tile = 4;

    /// <summary>Outputs that are done before the next: a cache line of y, and rows of W that stay in the first cache meanwhile.</summary>
    private const int Panel = 16;

    /// <param name="x">[rows, <paramref name="xStride"/>], the first <paramref name="inputs"/> columns.</param>
    /// <param name="w">[outputs, inputs].</param>
    /// <param name="y">[rows, <paramref name="stride"/>]; output o goes to column o.</param>
    /// <param name="first">First output of those to compute, up to <paramref name="end"/>.</param>
    /// <param name="factor">y = product without one, y += factor * product with one.</param>
    public static void Multiply<T>(float* x, long rows, long xStride, byte* w, long inputs, float* y, long stride, long first, long end, float? factor = null)
        where T : struct, IElement
    {
        for (var o = first; o < end; o += Panel)
        {
            var past = Math.Min(o + Panel, end);
            var row = 0L;
            for (; row + Tile <= rows; row += Tile) Outputs<T>(x + row * xStride, xStride, Tile, w, inputs, y + row * stride, stride, o, past, factor);
            for (; row < rows; row++) Outputs<T>(x + row * xStride, xStride, 1, w, inputs, y + row * stride, stride, o, past, factor);
        }
    }

    private static void Outputs<T>(float* x, long xStride, int rows, byte* w, long inputs, float* y, long stride, long o, long end, float? factor)
        where T : struct, IElement
    {
        for (; o + Tile <= end; o += Tile)
        {
            if (rows == Tile) Four<T>(x, xStride, w, o * inputs, inputs, y + o, stride, factor);
            else Single<T>(x, w, o * inputs, inputs, y + o, factor);
            if (inputs % 16 == 0) continue;
            for (var row = 0; row < rows; row++)
                for (var i = 0; i < Tile; i++) Put(y + row * stride + o + i, Rest<T>(x + row * xStride, w, (o + i) * inputs, inputs), factor ?? 1);
        }
        for (; o < end; o++)
            for (var row = 0; row < rows; row++) Put(y + row * stride + o, One<T>(x + row * xStride, w, o * inputs, inputs), factor);
    }

    /// <summary>One row of x with four of W.</summary>
    private static void Single<T>(float* x, byte* w, long at, long inputs, float* y, float? factor)
        where T : struct, IElement
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        for (long i = 0; i + 16 <= inputs; i += 16)
        {
            var v = Vector512.Load(x + i);
            a = Vector512.FusedMultiplyAdd(T.Load(w, at + i), v, a);
            b = Vector512.FusedMultiplyAdd(T.Load(w, at + inputs + i), v, b);
            c = Vector512.FusedMultiplyAdd(T.Load(w, at + 2 * inputs + i), v, c);
            d = Vector512.FusedMultiplyAdd(T.Load(w, at + 3 * inputs + i), v, d);
        }
        Put(y, Sums(a, b, c, d), factor);
    }

    /// <summary>Four rows of x with four of W: 16 sums in registers, 8 loads for 16 multiplications.</summary>
    private static void Four<T>(float* x, long xStride, byte* w, long at, long inputs, float* y, long stride, float? factor)
        where T : struct, IElement
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
        float* x1 = x + xStride, x2 = x1 + xStride, x3 = x2 + xStride;
        for (long i = 0; i + 16 <= inputs; i += 16)
        {
            var w0 = T.Load(w, at + i);
            var w1 = T.Load(w, at + inputs + i);
            var w2 = T.Load(w, at + 2 * inputs + i);
            var w3 = T.Load(w, at + 3 * inputs + i);
            var v = Vector512.Load(x + i);
            a0 = Vector512.FusedMultiplyAdd(w0, v, a0);
            a1 = Vector512.FusedMultiplyAdd(w1, v, a1);
            a2 = Vector512.FusedMultiplyAdd(w2, v, a2);
            a3 = Vector512.FusedMultiplyAdd(w3, v, a3);
            v = Vector512.Load(x1 + i);
            b0 = Vector512.FusedMultiplyAdd(w0, v, b0);
            b1 = Vector512.FusedMultiplyAdd(w1, v, b1);
            b2 = Vector512.FusedMultiplyAdd(w2, v, b2);
            b3 = Vector512.FusedMultiplyAdd(w3, v, b3);
            v = Vector512.Load(x2 + i);
            c0 = Vector512.FusedMultiplyAdd(w0, v, c0);
            c1 = Vector512.FusedMultiplyAdd(w1, v, c1);
            c2 = Vector512.FusedMultiplyAdd(w2, v, c2);
            c3 = Vector512.FusedMultiplyAdd(w3, v, c3);
            v = Vector512.Load(x3 + i);
            d0 = Vector512.FusedMultiplyAdd(w0, v, d0);
            d1 = Vector512.FusedMultiplyAdd(w1, v, d1);
            d2 = Vector512.FusedMultiplyAdd(w2, v, d2);
            d3 = Vector512.FusedMultiplyAdd(w3, v, d3);
        }
        Put(y, Sums(a0, a1, a2, a3), factor);
        Put(y + stride, Sums(b0, b1, b2, b3), factor);
        Put(y + 2 * stride, Sums(c0, c1, c2, c3), factor);
        Put(y + 3 * stride, Sums(d0, d1, d2, d3), factor);
    }

    private static float One<T>(float* x, byte* w, long at, long inputs)
        where T : struct, IElement
    {
        var sums = Vector512<float>.Zero;
        for (long i = 0; i + 16 <= inputs; i += 16) sums = Vector512.FusedMultiplyAdd(T.Load(w, at + i), Vector512.Load(x + i), sums);
        return Sums(sums, default, default, default).ToScalar() + Rest<T>(x, w, at, inputs);
    }

    private static void Put(float* y, Vector128<float> sums, float? factor) =>
        (factor is { } f ? Vector128.Load(y) + Vector128.Create(f) * sums : sums).Store(y);

    private static void Put(float* y, float sum, float? factor) => *y = factor is { } f ? *y + f * sum : sum;

    /// <summary>The sums of four vectors, the same tree for each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Sums(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        if (!Avx512F.IsSupported) return Vector128.Create(Vector512.Sum(a), Vector512.Sum(b), Vector512.Sum(c), Vector512.Sum(d));
        var ab = Avx512F.Shuffle4x128(a, b, 0x44) + Avx512F.Shuffle4x128(a, b, 0xEE);
        var cd = Avx512F.Shuffle4x128(c, d, 0x44) + Avx512F.Shuffle4x128(c, d, 0xEE);
        var quarters = Avx512F.Shuffle4x128(ab, cd, 0x88) + Avx512F.Shuffle4x128(ab, cd, 0xDD); // a quarter for each of the four
        quarters += Avx512F.Permute4x32(quarters, 0x4E);
        quarters += Avx512F.Permute4x32(quarters, 0xB1);
        return Avx512F.PermuteVar16x32(quarters, Vector512.Create(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).GetLower().GetLower();
    }

    /// <summary>What the last elements of a row add, fewer than a vector. Apart from the sums before: a call in their loop would cost them their registers.</summary>
    private static float Rest<T>(float* x, byte* w, long at, long inputs)
        where T : struct, IElement
    {
        var sum = 0f;
        for (var i = inputs / 16 * 16; i < inputs; i++) sum += T.Get(w, at + i) * x[i];
        return sum;
    }
}
