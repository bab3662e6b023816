using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

/// <summary>
/// Log-probabilities of labels straight from hidden states: logits are made a tile at a time, in fp32, and forgotten. Neither memory nor its
/// bandwidth grows with the vocabulary, and nothing is rounded to the storage of the weights.
/// </summary>
internal static unsafe class HeadKernel
{
    /// <summary>Rows that go through the output matrix together; it is read once for them.</summary>
    private const int Rows = 128;

    /// <summary>Outputs of a tile: its logits stay in the second cache.</summary>
    private const int Outputs = 256;

    /// <param name="states">[rows, hidden] as T.</param>
    /// <param name="weight">[vocabulary, hidden] as T.</param>
    /// <param name="cap">Of the logits; 0 for none.</param>
    public static void LabelLogps<T>(byte* states, byte* weight, float cap, long* labels, float* logps, float* logSums, long first, long count, long hidden, long vocabulary)
        where T : struct, IElement
    {
        var scratch = (float*)NativeMemory.AlignedAlloc((nuint)(Rows * (hidden + Outputs) * sizeof(float)), 64);
        try
        {
            for (var row = first; row < first + count; row += Rows)
                Block<T>(states, weight, cap, labels, logps, logSums, row, (int)Math.Min(Rows, first + count - row), hidden, vocabulary, scratch);
        }
        finally
        {
            NativeMemory.AlignedFree(scratch);
        }
    }

    private static void Block<T>(
        byte* states, byte* weight, float cap, long* labels, float* logps, float* logSums, long first, int rows, long hidden, long vocabulary, float* x)
        where T : struct, IElement
    {
        var tile = x + Rows * hidden;
        for (var i = 0L; i < rows * hidden; i++) x[i] = T.Get(states, first * hidden + i);
        var largest = stackalloc float[rows];
        var sums = stackalloc double[rows];
        new Span<float>(largest, rows).Fill(float.NegativeInfinity);
        new Span<double>(sums, rows).Clear();
        for (var o = 0L; o < vocabulary; o += Outputs)
        {
            var width = (int)Math.Min(Outputs, vocabulary - o);
            ProductKernel.Multiply<T>(x, rows, hidden, weight + o * hidden * T.Bytes, hidden, tile, Outputs, 0, width);
            for (var row = 0; row < rows; row++)
            {
                if (cap > 0) CapKernel.Forward<F32>((byte*)tile, row * Outputs, width, 1, cap);
                Add(tile + row * Outputs, width, ref largest[row], ref sums[row]);
                var label = labels[first + row] - o;
                if (label >= 0 && label < width) logps[first + row] = tile[row * Outputs + label];
            }
        }
        for (var row = 0; row < rows; row++)
        {
            logSums[first + row] = (float)(largest[row] + Math.Log(sums[row]));
            logps[first + row] -= logSums[first + row];
        }
    }

    /// <summary>Adds exp(logit) of some logits to a sum that is relative to the largest logit so far.</summary>
    private static void Add(float* logits, int count, ref float largest, ref double sum)
    {
        var all = Vector512.Create(largest);
        var i = 0;
        for (; i + 16 <= count; i += 16) all = Vector512.Max(all, Vector512.Load(logits + i));
        var most = largest;
        for (var lane = 0; lane < 16; lane++) most = MathF.Max(most, all[lane]);
        for (; i < count; i++) most = MathF.Max(most, logits[i]);
        var (top, sums) = (Vector512.Create(most), Vector512<float>.Zero);
        for (i = 0; i + 16 <= count; i += 16) sums += VectorMath.Exp(Vector512.Load(logits + i) - top);
        double added = Vector512.Sum(sums);
        for (; i < count; i++) added += MathF.Exp(logits[i] - most);
        sum = (sum == 0 ? 0 : sum * Math.Exp(largest - most)) + added;
        largest = most;
    }
}
