using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

/// <summary>A function of a gate. A struct of its own for each, so that kernels are compiled for each.</summary>
internal interface IGate
{
    static abstract Vector512<float> Of(Vector512<float> gate);

    static abstract float Of(float gate);

    /// <summary>The function and its derivative.</summary>
    static abstract (Vector512<float> Value, Vector512<float> Slope) WithSlope(Vector512<float> gate);

    /// <inheritdoc cref="WithSlope(Vector512{float})"/>
    static abstract (float Value, float Slope) WithSlope(float gate);
}

internal readonly struct SiluGate : IGate
{
    public static Vector512<float> Of(Vector512<float> gate) => gate * VectorMath.Sigmoid(gate);

    public static float Of(float gate) => gate / (1 + MathF.Exp(-gate));

    public static (Vector512<float> Value, Vector512<float> Slope) WithSlope(Vector512<float> gate)
    {
        var sigmoid = VectorMath.Sigmoid(gate);
        var silu = gate * sigmoid;
        return (silu, sigmoid + silu - silu * sigmoid);
    }

    public static (float Value, float Slope) WithSlope(float gate)
    {
        var sigmoid = 1 / (1 + MathF.Exp(-gate));
        var silu = gate * sigmoid;
        return (silu, sigmoid + silu - silu * sigmoid);
    }
}

internal readonly struct GeluTanhGate : IGate
{
    public static Vector512<float> Of(Vector512<float> gate) => gate * VectorMath.Sigmoid(GeluKernel.Inner(gate));

    public static float Of(float gate) => Of(Vector512.Create(gate))[0];

    public static (Vector512<float> Value, Vector512<float> Slope) WithSlope(Vector512<float> gate) => (Of(gate), GeluKernel.TanhSlope(gate));

    public static (float Value, float Slope) WithSlope(float gate)
    {
        var (value, slope) = WithSlope(Vector512.Create(gate));
        return (value[0], slope[0]);
    }
}

internal static unsafe class GateKernel
{
    /// <param name="from">First column.</param>
    public static void Forward<T, TGate>(byte* gateUp, byte* gated, long first, long count, long size, long from, long end)
        where T : struct, IElement
        where TGate : struct, IGate
    {
        for (var row = first; row < first + count; row++)
        {
            long gate = row * 2 * size, up = gate + size, to = row * size, i = from;
            for (; i + 16 <= end; i += 16) T.Store(gated, to + i, TGate.Of(T.Load(gateUp, gate + i)) * T.Load(gateUp, up + i));
            for (; i < end; i++) T.Set(gated, to + i, TGate.Of(T.Get(gateUp, gate + i)) * T.Get(gateUp, up + i));
        }
    }

    /// <summary>Writes the gradient over <paramref name="gateUp"/>.</summary>
    public static void Backward<T, TGate>(byte* gateUp, byte* dGated, long first, long count, long size)
        where T : struct, IElement
        where TGate : struct, IGate
    {
        for (var row = first; row < first + count; row++)
        {
            long gate = row * 2 * size, up = gate + size, from = row * size, i = 0;
            for (; i + 16 <= size; i += 16)
            {
                var (u, d) = (T.Load(gateUp, up + i), T.Load(dGated, from + i));
                var (value, slope) = TGate.WithSlope(T.Load(gateUp, gate + i));
                T.Store(gateUp, gate + i, d * u * slope);
                T.Store(gateUp, up + i, d * value);
            }
            for (; i < size; i++)
            {
                var (u, d) = (T.Get(gateUp, up + i), T.Get(dGated, from + i));
                var (value, slope) = TGate.WithSlope(T.Get(gateUp, gate + i));
                T.Set(gateUp, gate + i, d * u * slope);
                T.Set(gateUp, up + i, d * value);
            }
        }
    }
}
