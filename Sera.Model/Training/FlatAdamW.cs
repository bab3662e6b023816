using Sera.Model.Kernels;
using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>
/// AdamW (arXiv 1711.05101, in PyTorch's form: decoupled decay, bias correction, beta .9 and .999, eps 1e-8) over one flat buffer, one pass
/// over memory a step whatever the number of parameters. Owns the two moments; parameters and gradients are borrowed.
/// </summary>
public sealed class FlatAdamW : IDisposable
{
    private readonly long _decayed;
    private readonly IKernels _kernels;

    /// <param name="parameters">[n] fp32; gives size and device.</param>
    /// <param name="decayed">Length of the leading part that weight decay applies to: the matrices.</param>
    public FlatAdamW(Tensor parameters, long decayed)
    {
        (_decayed, _kernels) = (decayed, KernelSet.For(parameters.device));
        using var grad = no_grad();
        First = zeros_like(parameters).DetachFromDisposeScope();
        Second = zeros_like(parameters).DetachFromDisposeScope();
    }

    /// <summary>Mean of the gradients, [n] fp32; owned here.</summary>
    public Tensor First { get; }

    /// <summary>Mean of the squared gradients, [n] fp32; owned here.</summary>
    public Tensor Second { get; }

    /// <summary>What a gradient is multiplied by so that its norm is at most <paramref name="clipNorm"/>.</summary>
    public static double ClipScale(double norm, double clipNorm) => norm <= clipNorm ? 1 : clipNorm / (norm + 1e-6);

    /// <summary>One step in place, of the master weights and of what the forward reads.</summary>
    /// <param name="stepsBefore">Steps taken before this one, 0 for the first; it decides the bias correction.</param>
    /// <param name="gradientScale">The gradient is multiplied by this first.</param>
    public void Step(FlatParameters parameters, int stepsBefore, double learningRate, double weightDecay, double gradientScale = 1)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var step = AdamStep.At(stepsBefore + 1, learningRate, weightDecay, gradientScale);
        _kernels.AdamW(parameters.Flat, parameters.Gradient!, First, Second, ReferenceEquals(parameters.Compute, parameters.Flat) ? null : parameters.Compute, _decayed, step);
    }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
    }
}
