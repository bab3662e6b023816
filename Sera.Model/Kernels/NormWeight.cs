using static TorchSharp.torch;

namespace Sera.Model.Kernels;

/// <summary>What a normalization multiplies by and adds. One that adds a vector takes the mean out first (LayerNorm); one that adds none does not (RMSNorm). Borrows everything.</summary>
/// <param name="Weight">[hidden] in compute type.</param>
/// <param name="Gradient">[hidden] fp32; null when frozen.</param>
/// <param name="Bias">[hidden] in compute type; null for RMSNorm.</param>
/// <param name="BiasGradient">[hidden] fp32; null when frozen or there is no bias.</param>
/// <param name="Shift">Added to the weight where it multiplies, in fp32: 1 where a norm multiplies by one more than its numbers (Gemma). Only without a bias.</param>
internal sealed record NormWeight(Tensor Weight, Tensor? Gradient, Tensor? Bias = null, Tensor? BiasGradient = null, float Shift = 0);
