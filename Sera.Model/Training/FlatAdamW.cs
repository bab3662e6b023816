using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>
/// AdamW (arXiv 1711.05101, in PyTorch's form: decoupled decay, bias correction, beta .9 and .999, eps 1e-8) over one flat buffer, a few
/// in-place operations a step whatever the number of parameters. Owns the two moments; parameters and gradients are borrowed.
/// </summary>
public sealed class FlatAdamW : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;
    private readonly long _decayed;
    private readonly Tensor _scratch;

    /// <param name="parameters">[n] fp32; gives size and device.</param>
    /// <param name="decayed">Length of the leading part that weight decay applies to: the matrices.</param>
    public FlatAdamW(Tensor parameters, long decayed)
    {
        _decayed = decayed;
        using var grad = no_grad();
        First = zeros_like(parameters).DetachFromDisposeScope();
        Second = zeros_like(parameters).DetachFromDisposeScope();
        _scratch = empty_like(parameters).DetachFromDisposeScope();
    }

    /// <summary>Mean of the gradients, [n] fp32; owned here.</summary>
    public Tensor First { get; }

    /// <summary>Mean of the squared gradients, [n] fp32; owned here.</summary>
    public Tensor Second { get; }

    /// <summary>Scales the gradient in place so that its norm is at most <paramref name="clipNorm"/>; the norm before, in fp64.</summary>
    public static double Clip(Tensor gradient, double clipNorm)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        var value = (double)gradient.norm().item<float>();
        if (value <= clipNorm) return value;
        using var scale = Scalars.Once(clipNorm / (value + 1e-6));
        gradient.mul_(scale);
        return value;
    }

    /// <summary>One step in place.</summary>
    /// <param name="stepsBefore">Steps taken before this one, 0 for the first; it decides the bias correction.</param>
    public void Step(Tensor parameters, Tensor gradient, int stepsBefore, double learningRate, double weightDecay)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        using var kept = Scalars.Once(1 - learningRate * weightDecay);
        if (weightDecay != 0) parameters.narrow(0, 0, _decayed).mul_(kept);
        var t = stepsBefore + 1;
        using var rate = Scalars.Once(-learningRate / (1 - Math.Pow(Beta1, t)));
        using var correction = Scalars.Once(Math.Sqrt(1 - Math.Pow(Beta2, t)));
        First.mul_(Scalars.Kept(Beta1)).add_(gradient, alpha: Scalars.Kept(1 - Beta1));
        Second.mul_(Scalars.Kept(Beta2)).addcmul_(gradient, gradient, Scalars.Kept(1 - Beta2));
        _scratch.copy_(Second).sqrt_().div_(correction).add_(Scalars.Kept(Epsilon));
        parameters.addcdiv_(First, _scratch, rate);
    }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
        _scratch.Dispose();
    }
}
