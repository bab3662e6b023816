using System.Runtime.Intrinsics;

namespace Sera.Model.Kernels;

internal static unsafe class AdamKernel
{
    /// <param name="copy">bf16 of the parameters, written along; null for none.</param>
    public static void Step(float* parameters, float* gradient, float* first, float* second, byte* copy, long start, long count, float kept, AdamStep step)
    {
        var (beta1, beta2) = (Vector512.Create(AdamStep.Beta1), Vector512.Create(AdamStep.Beta2));
        var (rest1, rest2) = (Vector512.Create(1 - AdamStep.Beta1), Vector512.Create(1 - AdamStep.Beta2));
        var (scale, keep, rate) = (Vector512.Create(step.GradientScale), Vector512.Create(kept), Vector512.Create(step.Rate));
        var (correction, epsilon) = (Vector512.Create(step.Correction), Vector512.Create(AdamStep.Epsilon));
        var i = start;
        for (; i + 16 <= start + count; i += 16)
        {
            var g = Vector512.Load(gradient + i) * scale;
            var m = Vector512.Load(first + i) * beta1 + g * rest1;
            var v = Vector512.Load(second + i) * beta2 + g * g * rest2;
            m.Store(first + i);
            v.Store(second + i);
            var p = Vector512.Load(parameters + i) * keep - rate * m / (Vector512.Sqrt(v) / correction + epsilon);
            p.Store(parameters + i);
            if (copy != null) Bf16.Store(copy, i, p);
        }
        for (; i < start + count; i++)
        {
            var g = gradient[i] * step.GradientScale;
            first[i] = first[i] * AdamStep.Beta1 + g * (1 - AdamStep.Beta1);
            second[i] = second[i] * AdamStep.Beta2 + g * g * (1 - AdamStep.Beta2);
            parameters[i] = parameters[i] * kept - step.Rate * first[i] / (MathF.Sqrt(second[i]) / step.Correction + AdamStep.Epsilon);
            if (copy != null) Bf16.Set(copy, i, parameters[i]);
        }
    }
}
