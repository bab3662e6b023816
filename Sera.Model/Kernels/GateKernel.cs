namespace Sera.Model.Kernels;

internal static unsafe class GateKernel
{
    /// <param name="from">First column.</param>
    public static void Forward<T>(byte* gateUp, byte* gated, long first, long count, long size, long from, long end)
        where T : struct, IElement
    {
        for (var row = first; row < first + count; row++)
        {
            long gate = row * 2 * size, up = gate + size, to = row * size, i = from;
            for (; i + 16 <= end; i += 16)
            {
                var g = T.Load(gateUp, gate + i);
                T.Store(gated, to + i, g * VectorMath.Sigmoid(g) * T.Load(gateUp, up + i));
            }
            for (; i < end; i++)
            {
                var g = T.Get(gateUp, gate + i);
                T.Set(gated, to + i, g / (1 + MathF.Exp(-g)) * T.Get(gateUp, up + i));
            }
        }
    }

    public static void Backward<T>(byte* gateUp, byte* dGated, long first, long count, long size)
        where T : struct, IElement
    {
        for (var row = first; row < first + count; row++)
        {
            long gate = row * 2 * size, up = gate + size, from = row * size, i = 0;
            for (; i + 16 <= size; i += 16)
            {
                var (g, u, d) = (T.Load(gateUp, gate + i), T.Load(gateUp, up + i), T.Load(dGated, from + i));
                var sigmoid = VectorMath.Sigmoid(g);
                var silu = g * sigmoid;
                T.Store(gateUp, gate + i, d * u * (sigmoid + silu - silu * sigmoid));
                T.Store(gateUp, up + i, d * silu);
            }
            for (; i < size; i++)
            {
                var (g, u, d) = (T.Get(gateUp, gate + i), T.Get(gateUp, up + i), T.Get(dGated, from + i));
                var sigmoid = 1 / (1 + MathF.Exp(-g));
                var silu = g * sigmoid;
                T.Set(gateUp, gate + i, d * u * (sigmoid + silu - silu * sigmoid));
                T.Set(gateUp, up + i, d * silu);
            }
        }
    }
}
