using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

internal static unsafe class RotateKernel
{
    /// <param name="half">Numbers of cos and sin a row; what follows twice as many in a head stays as it is.</param>
    public static void InPlace<T>(byte* heads, float* cos, float* sin, long first, long count, long all, long turned, long size, long half)
        where T : struct, IElement
    {
        for (var row = first; row < first + count; row++)
        {
            float* c = cos + row * half, s = sin + row * half;
            for (var head = 0L; head < turned; head++)
            {
                var at = (row * all + head) * size;
                long i = 0;
                for (; i + 16 <= half; i += 16)
                {
                    var (low, high) = (T.Load(heads, at + i), T.Load(heads, at + half + i));
                    var (vc, vs) = (Vector512.Load(c + i), Vector512.Load(s + i));
                    T.Store(heads, at + i, low * vc - high * vs);
                    T.Store(heads, at + half + i, high * vc + low * vs);
                }
                for (; i < half; i++)
                {
                    var (low, high) = (T.Get(heads, at + i), T.Get(heads, at + half + i));
                    T.Set(heads, at + i, low * c[i] - high * s[i]);
                    T.Set(heads, at + half + i, high * c[i] + low * s[i]);
                }
            }
        }
    }
}
