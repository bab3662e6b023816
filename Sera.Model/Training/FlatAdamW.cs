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
        if (value > clipNorm) gradient.mul_(clipNorm / (value + 1e-6));
        return value;
    }

    /// <summary>One step in place.</summary>
    /// <param name="stepsBefore">Steps taken before this one, 0 for the first; it decides the bias correction.</param>
    public void Step(Tensor parameters, Tensor gradient, int stepsBefore, double learningRate, double weightDecay)
    {
        using var scope = NewDisposeScope();
        using var grad = no_grad();
        if (weightDecay != 0) parameters.narrow(0, 0, _decayed).mul_(1 - learningRate * weightDecay);
        var t = stepsBefore + 1;
        var correction1 = 1 - Math.Pow(Beta1, t);
        var correction2 = 1 - Math.Pow(Beta2, t);
        First.mul_(Beta1).add_(gradient, alpha: 1 - Beta1);
        Second.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
        _scratch.copy_(Second).sqrt_().div_(Math.Sqrt(correction2)).add_(Epsilon);
        parameters.addcdiv_(First, _scratch, -learningRate / correction1);
    }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
        _scratch.Dispose();
    }
}
