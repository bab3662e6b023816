using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

/// <summary>GELU of every number by itself, and its derivative.</summary>
internal static unsafe class GeluKernel
{
    private const float Root = 0.7978845608f; // sqrt(2 / pi)
    private const float Cubic = 0.044715f;

    /// <param name="x">[rows, size] as T.</param>
    /// <param name="y">The same.</param>
    /// <param name="from">First column.</param>
    public static void Forward<T>(byte* x, byte* y, long first, long count, long size, long from, long end, Activation kind)
        where T : struct, IElement
    {
        for (var row = first; row < first + count; row++)
        {
            for (var i = row * size + from; i < row * size + end; i += 16)
            {
                var some = (int)Math.Min(16, row * size + end - i);
                var value = Load<T>(x, i, some);
                Store<T>(y, i, some, value * (kind == Activation.Gelu ? Normal(value) : VectorMath.Sigmoid(Inner(value))));
            }
        }
    }

    /// <summary>Writes the gradient over <paramref name="x"/>.</summary>
    public static void Backward<T>(byte* x, byte* dy, long first, long count, long size, Activation kind)
        where T : struct, IElement
    {
        var end = (first + count) * size;
        for (var i = first * size; i < end; i += 16)
        {
            var some = (int)Math.Min(16, end - i);
            var value = Load<T>(x, i, some);
            Store<T>(x, i, some, Load<T>(dy, i, some) * (kind == Activation.Gelu ? Slope(value) : TanhSlope(value)));
        }
    }

    // Phi(x).
    private static Vector512<float> Normal(Vector512<float> x) => Vector512.Create(0.5f) * (Vector512<float>.One + VectorMath.Erf(x * Vector512.Create(0.70710678f)));

    private static Vector512<float> Slope(Vector512<float> x) =>
        Normal(x) + x * Vector512.Create(0.39894228f) * VectorMath.Exp(x * x * Vector512.Create(-0.5f));

    // (1 + tanh(u)) / 2 is the sigmoid of this, 2 u.
    internal static Vector512<float> Inner(Vector512<float> x) =>
        Vector512.Create(2 * Root) * x * (Vector512<float>.One + Vector512.Create(Cubic) * x * x);

    internal static Vector512<float> TanhSlope(Vector512<float> x)
    {
        var sigmoid = VectorMath.Sigmoid(Inner(x));
        var slope = Vector512.Create(2 * Root) * (Vector512<float>.One + Vector512.Create(3 * Cubic) * x * x);
        return sigmoid + x * sigmoid * (Vector512<float>.One - sigmoid) * slope;
    }

    private static Vector512<float> Load<T>(byte* data, long i, int count)
        where T : struct, IElement
    {
        if (count == 16) return T.Load(data, i);
        var some = stackalloc float[16];
        for (var k = 0; k < 16; k++) some[k] = k < count ? T.Get(data, i + k) : 0;
        return Vector512.Load(some);
    }

    private static void Store<T>(byte* data, long i, int count, Vector512<float> value)
        where T : struct, IElement
    {
        if (count == 16)
        {
            T.Store(data, i, value);
            return;
        }
        for (var k = 0; k < count; k++) T.Set(data, i + k, value.GetElement(k));
    }
}
