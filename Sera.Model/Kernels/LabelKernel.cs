using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

internal static unsafe class LabelKernel
{
    public static void Forward(float* logits, long* labels, float* logps, float* logSums, long first, long count, long size)
    {
        for (var row = first; row < first + count; row++)
        {
            var at = row * size;
            var all = Vector512.Create(float.NegativeInfinity);
            long i = 0;
            for (; i + 16 <= size; i += 16) all = Vector512.Max(all, Vector512.Load(logits + at + i));
            var largest = float.NegativeInfinity;
            for (var lane = 0; lane < 16; lane++) largest = MathF.Max(largest, all[lane]);
            for (; i < size; i++) largest = MathF.Max(largest, logits[at + i]);
            // Pairs of partial sums: rounding grows with the root of a sixteenth of the vocabulary, not with the vocabulary.
            var (most, sums) = (Vector512.Create(largest), Vector512<float>.Zero);
            for (i = 0; i + 16 <= size; i += 16) sums += VectorMath.Exp(Vector512.Load(logits + at + i) - most);
            var sum = Vector512.Sum(sums);
            for (; i < size; i++) sum += MathF.Exp(logits[at + i] - largest);
            logSums[row] = largest + MathF.Log(sum);
            logps[row] = logits[at + labels[row]] - logSums[row];
        }
    }

    /// <param name="gradient">As T; may be the logits themselves.</param>
    /// <param name="cap">Of the logits, whose gradient before it is asked for; 0 for none.</param>
    public static void Backward<T>(float* logits, byte* gradient, long* labels, float* logSums, float* dLogps, long first, long count, long size, float cap)
        where T : struct, IElement
    {
        var inverse = Vector512.Create(cap > 0 ? 1 / cap : 0);
        for (var row = first; row < first + count; row++)
        {
            var at = row * size;
            var label = logits[at + labels[row]];
            var (less, factor) = (Vector512.Create(logSums[row]), Vector512.Create(-dLogps[row]));
            long i = 0;
            for (; i + 16 <= size; i += 16)
            {
                var logit = Vector512.Load(logits + at + i);
                T.Store(gradient, at + i, VectorMath.Exp(logit - less) * factor * CapKernel.Slope(logit, inverse));
            }
            for (; i < size; i++) T.Set(gradient, at + i, -dLogps[row] * MathF.Exp(logits[at + i] - logSums[row]) * Slope(logits[at + i]));
            T.Set(gradient, at + labels[row], dLogps[row] * (1 - MathF.Exp(label - logSums[row])) * Slope(label));
        }

        float Slope(float logit) => CapKernel.Slope(Vector512.Create(logit), inverse)[0];
    }
}
