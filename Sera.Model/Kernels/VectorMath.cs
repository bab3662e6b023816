using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

/// <summary>fp32 functions on 16 numbers at a time, and loops over rows that are spread over threads in fixed parts.</summary>
internal static class VectorMath
{
    private const int LeastElements = 1 << 15; // below this, starting a second thread costs more than it saves

    /// <summary>e^x within 2 ulp where the result is a normal number, 0 below; by the range reduction and polynomial of Cephes (expf).</summary>
    public static Vector512<float> Exp(Vector512<float> x)
    {
        var clamped = Vector512.Min(Vector512.Max(x, Vector512.Create(-87.3f)), Vector512.Create(88.3f));
        var n = Vector512.Floor(Vector512.FusedMultiplyAdd(clamped, Vector512.Create(1.44269504f), Vector512.Create(0.5f)));
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), clamped);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        var p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r + Vector512<float>.One);
        var power = ((Vector512.ConvertToInt32(n) + Vector512.Create(127)) << 23).AsSingle();
        var result = p * power;
        result = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-87.3f)), Vector512<float>.Zero, result);
        // Max and Min above swallow a NaN; it must not come out as a number.
        return Vector512.ConditionalSelect(Vector512.Equals(x, x), result, x);
    }

    /// <summary>The error function, within 2e-7: a quotient of polynomials of x on -4 .. 4, outside of which it is 1 to that (the minimax fit of Eigen's fast erf).</summary>
    public static Vector512<float> Erf(Vector512<float> x)
    {
        var z = Vector512.Min(Vector512.Max(x, Vector512.Create(-4f)), Vector512.Create(4f));
        var square = z * z;
        var p = Vector512.Create(-2.72614225801306e-10f);
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(2.77068142495902e-08f));
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(-2.10102402082508e-06f));
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(-5.69250639462346e-05f));
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(-7.34990630326855e-04f));
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(-2.95459980854025e-03f));
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(-1.60960333262415e-02f));
        var q = Vector512.Create(-1.45660718464996e-05f);
        q = Vector512.FusedMultiplyAdd(q, square, Vector512.Create(-2.13374055278905e-04f));
        q = Vector512.FusedMultiplyAdd(q, square, Vector512.Create(-1.68282697438203e-03f));
        q = Vector512.FusedMultiplyAdd(q, square, Vector512.Create(-7.37332916720468e-03f));
        q = Vector512.FusedMultiplyAdd(q, square, Vector512.Create(-1.42647390514189e-02f));
        return z * p / q;
    }

    /// <summary>Hyperbolic tangent within 2 ulp; by the polynomial of Cephes (tanhf) near 0, where a quotient of exponentials would cancel.</summary>
    public static Vector512<float> Tanh(Vector512<float> x)
    {
        var square = x * x;
        var p = Vector512.Create(-5.70498872745e-3f);
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(2.06390887954e-2f));
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(-5.37397155531e-2f));
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(1.33314422036e-1f));
        p = Vector512.FusedMultiplyAdd(p, square, Vector512.Create(-3.33332819422e-1f));
        var near = Vector512.FusedMultiplyAdd(p * square, x, x);
        var size = Vector512.Abs(x);
        var far = Vector512<float>.One - Vector512.Create(2f) / (Exp(size + size) + Vector512<float>.One);
        far = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), -far, far);
        return Vector512.ConditionalSelect(Vector512.LessThan(size, Vector512.Create(0.625f)), near, far);
    }

    public static Vector512<float> Sigmoid(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Exp(-x));

    /// <summary>Calls <paramref name="part"/>(first, count) for parts that cover the rows. Every row is computed alone, so the parts do not matter to the bits.</summary>
    public static void ForRows(long rows, long elementsOfRow, Action<long, long> part)
    {
        var threads = Math.Min(rows, Math.Max(1, Math.Min(TorchSharp.torch.get_num_threads(), rows * elementsOfRow / LeastElements)));
        if (threads <= 1)
        {
            part(0, rows);
            return;
        }
        Parallel.For(0, threads, t =>
        {
            long first = rows * t / threads, end = rows * (t + 1) / threads;
            part(first, end - first);
        });
    }
}
