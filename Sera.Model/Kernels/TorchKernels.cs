using Sera.Model.Models;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Kernels;

/// <summary>The kernels as libtorch operations, for any device; on the CPU what <see cref="CpuKernels"/> is tested against.</summary>
internal sealed class TorchKernels : IKernels
{
    // Logits held at once: 32 MiB in fp32. Large enough for efficient products, small enough that memory does not grow with batch x vocabulary.
    internal const long LogitElements = 1 << 23;

    // Of the tanh form of GELU.
    private const double Cubic = 0.044715;
    private static readonly double Root = Math.Sqrt(2 / Math.PI);

    public (Tensor Y, Tensor Scale) AddNorm(Tensor x, Tensor? delta, NormWeight norm, float eps)
    {
        using var scope = NewDisposeScope();
        if (delta is not null) x.add_(delta);
        var weight = Multiplier(norm);
        if (norm.Bias is { } bias)
        {
            var centred = x - x.mean([-1L], true);
            var deviation = rsqrt((centred * centred).mean([-1L]).add(Scalars.Kept(eps)));
            return scope.MoveToOuter((centred * deviation.unsqueeze(1) * weight + bias).to(norm.Weight.dtype), deviation);
        }
        var scale = rsqrt((x * x).mean([-1L]).add(Scalars.Kept(eps)));
        var y = (x * scale.unsqueeze(1) * weight).to(norm.Weight.dtype);
        return scope.MoveToOuter(y, scale);
    }

    public void NormBackward(Tensor x, Tensor scale, NormWeight norm, Tensor dy, Tensor dx)
    {
        using var scope = NewDisposeScope();
        var normal = (norm.Bias is null ? x : x - x.mean([-1L], true)) * scale.unsqueeze(1);
        var wide = dy.to(float32);
        norm.Gradient?.add_((wide * normal).sum([0L]));
        norm.BiasGradient?.add_(wide.sum([0L]));
        var weighted = wide * Multiplier(norm);
        if (norm.Bias is not null) weighted = weighted - weighted.mean([-1L], true);
        var mean = (weighted * normal).mean([-1L], true);
        dx.add_((weighted - normal * mean) * scale.unsqueeze(1));
    }

    public void Rotate(Tensor heads, long turned, Tensor cos, Tensor sin)
    {
        using var scope = NewDisposeScope();
        var half = cos.shape[1];
        var (low, high) = (heads.narrow(1, 0, turned).narrow(2, 0, half), heads.narrow(1, 0, turned).narrow(2, half, half));
        var (c, s) = (cos.unsqueeze(1), sin.unsqueeze(1));
        var turnedLow = low * c - high * s;
        var turnedHigh = high * c + low * s;
        low.copy_(turnedLow);
        high.copy_(turnedHigh);
    }

    public Tensor Gate(Tensor gateUp, Activation kind)
    {
        using var scope = NewDisposeScope();
        var (gate, up) = Halves(gateUp);
        var wide = gate.to(float32);
        return ((kind == Activation.GatedSilu ? F.silu(wide) : wide * Inner(wide).sigmoid()) * up).to(gateUp.dtype).MoveToOuterDisposeScope();
    }

    public void GateBackward(Tensor gateUp, Tensor dGated, Activation kind)
    {
        using var scope = NewDisposeScope();
        var (gate, up) = Halves(gateUp);
        var wide = gate.to(float32);
        var (value, slope) = kind == Activation.GatedSilu ? Silu(wide) : (wide * Inner(wide).sigmoid(), TanhSlope(wide));
        var dUp = dGated * value;
        var dGate = dGated * up * slope;
        gate.copy_(dGate);
        up.copy_(dUp);
    }

    public Tensor Activate(Tensor x, Activation kind)
    {
        using var scope = NewDisposeScope();
        var wide = x.to(float32);
        return (wide * (kind == Activation.Gelu ? Normal(wide) : Inner(wide).sigmoid())).to(x.dtype).MoveToOuterDisposeScope();
    }

    public void ActivateBackward(Tensor x, Tensor dy, Activation kind)
    {
        using var scope = NewDisposeScope();
        var wide = x.to(float32);
        if (kind == Activation.Gelu)
        {
            var density = (wide * wide).mul_(Scalars.Kept(-0.5)).exp_().mul_(Scalars.Kept(1 / Math.Sqrt(2 * Math.PI)));
            x.copy_(dy * (Normal(wide) + wide * density));
            return;
        }
        x.copy_(dy * TanhSlope(wide));
    }

    public void Softmax(Tensor scores, Visibility visible, float scale)
    {
        using var scope = NewDisposeScope();
        var view = ByQuery(scores, visible);
        var wide = view.to(float32).mul(Scalars.Kept(scale)).masked_fill(Hidden(visible, scores.device), Scalars.NegativeInfinity);
        view.copy_(wide.softmax(-1));
    }

    public void SoftmaxBackward(Tensor probabilities, Tensor dProbabilities, Visibility visible, float scale)
    {
        using var scope = NewDisposeScope();
        var (p, d) = (probabilities.to(float32), dProbabilities.to(float32));
        d.masked_fill_(Hidden(visible, d.device).expand(ByQuery(d, visible).shape).reshape(d.shape), Scalars.Zero);
        dProbabilities.copy_((p * (d - (p * d).sum(-1, true))).mul(Scalars.Kept(scale)));
    }

    public void Cap(Tensor x, float scale, float cap)
    {
        using var scope = NewDisposeScope();
        x.copy_(x.to(float32).mul(Scalars.Kept(scale / cap)).tanh_().mul_(Scalars.Kept(cap)));
    }

    public void CapBackward(Tensor capped, Tensor d, float scale, float cap)
    {
        using var scope = NewDisposeScope();
        d.copy_(d * CapSlope(capped, cap).mul_(Scalars.Kept(scale)));
    }

    public Tensor Logits(Tensor states, OutputMatrix output)
    {
        var logits = nn.functional.linear(states, output.Weight).to(float32);
        if (output.Cap > 0) Cap(logits, 1, output.Cap);
        return logits;
    }

    public (Tensor Logps, Tensor LogSums) LabelLogps(Tensor states, OutputMatrix output, Tensor labels) => ChunkedLogps(this, states, output, labels);

    public (Tensor Logps, Tensor LogSums) LabelLogps(Tensor logits, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var logSums = logits.logsumexp(1);
        var logps = logits.gather(1, labels.unsqueeze(1)).squeeze(1) - logSums;
        return scope.MoveToOuter(logps, logSums);
    }

    public Tensor LabelBackward(Tensor logits, Tensor labels, Tensor logSums, Tensor dLogps, ScalarType type, float cap = 0)
    {
        using var scope = NewDisposeScope();
        var d = (logits - logSums.unsqueeze(1)).exp_().mul_(dLogps.neg().unsqueeze(1));
        d = d.scatter_add_(1, labels.unsqueeze(1), dLogps.unsqueeze(1));
        return (cap > 0 ? d * CapSlope(logits, cap) : d).to(type).MoveToOuterDisposeScope();
    }

    /// <summary>The logits of a few rows at a time, so that memory does not grow with rows x vocabulary.</summary>
    public static (Tensor Logps, Tensor LogSums) ChunkedLogps(IKernels kernels, Tensor states, OutputMatrix output, Tensor labels)
    {
        var (logps, sums) = (empty([states.shape[0]], float32, states.device), empty([states.shape[0]], float32, states.device));
        var chunk = Math.Max(64, LogitElements / output.Weight.shape[0]);
        for (var at = 0L; at < states.shape[0]; at += chunk)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(chunk, states.shape[0] - at);
            var part = kernels.LabelLogps(kernels.Logits(states.narrow(0, at, count), output), labels.narrow(0, at, count));
            logps.narrow(0, at, count).copy_(part.Logps);
            sums.narrow(0, at, count).copy_(part.LogSums);
        }
        return (logps, sums);
    }

    public void AdamW(Tensor parameters, Tensor gradient, Tensor first, Tensor second, Tensor? copy, long decayed, AdamStep step)
    {
        using var scope = NewDisposeScope();
        using var kept = Scalars.Once(step.Kept);
        using var rate = Scalars.Once(-step.Rate);
        using var correction = Scalars.Once(step.Correction);
        using var scale = Scalars.Once(step.GradientScale);
        parameters.narrow(0, 0, decayed).mul_(kept);
        var scaled = gradient * scale;
        first.mul_(Scalars.Kept(AdamStep.Beta1)).add_(scaled, alpha: Scalars.Kept(1 - AdamStep.Beta1));
        second.mul_(Scalars.Kept(AdamStep.Beta2)).addcmul_(scaled, scaled, Scalars.Kept(1 - AdamStep.Beta2));
        parameters.addcdiv_(first, second.sqrt().div_(correction).add_(Scalars.Kept(AdamStep.Epsilon)), rate);
        copy?.copy_(parameters);
    }

    // The normal distribution function.
    private static Tensor Normal(Tensor x) => x.mul(Scalars.Kept(Math.Sqrt(0.5))).erf_().add_(Scalars.One).mul_(Scalars.Kept(0.5));

    // (1 + tanh(u)) / 2 is the sigmoid of this, 2 u.
    private static Tensor Inner(Tensor x) => (x * x).mul_(Scalars.Kept(Cubic)).add_(Scalars.One).mul_(x).mul_(Scalars.Kept(2 * Root));

    // Derivative of x times the sigmoid of Inner(x).
    private static Tensor TanhSlope(Tensor x)
    {
        var sigmoid = Inner(x).sigmoid();
        var slope = (x * x).mul_(Scalars.Kept(3 * Cubic)).add_(Scalars.One).mul_(Scalars.Kept(2 * Root));
        return sigmoid + x * sigmoid * sigmoid.neg().add(Scalars.One) * slope;
    }

    private static (Tensor Value, Tensor Slope) Silu(Tensor x)
    {
        var sigmoid = x.sigmoid();
        var silu = x * sigmoid;
        return (silu, sigmoid + silu - silu * sigmoid);
    }

    private static Tensor CapSlope(Tensor capped, float cap)
    {
        var share = capped.to(float32).mul(Scalars.Kept(1 / cap));
        return (share * share).neg_().add_(Scalars.One);
    }

    // What normal numbers are multiplied by.
    private static Tensor Multiplier(NormWeight norm) => norm.Shift == 0 ? norm.Weight : norm.Weight.to(float32).add(Scalars.Kept(norm.Shift));

    private static (Tensor, Tensor) Halves(Tensor gateUp)
    {
        var size = gateUp.shape[1] / 2;
        return (gateUp.narrow(1, 0, size), gateUp.narrow(1, size, size));
    }

    private static Tensor ByQuery(Tensor scores, Visibility visible) => scores.view(-1, visible.Queries, visible.Keys);

    /// <summary>Where a query sees a key.</summary>
    /// <returns>[queries, keys] bool, owned by the caller's scope.</returns>
    public static Tensor Visible(Visibility visible, Device device)
    {
        var seen = new bool[visible.Queries * visible.Keys];
        for (var q = 0; q < visible.Queries; q++)
        {
            var row = seen.AsSpan(q * visible.Keys, visible.Keys);
            var run = visible.Runs.AsSpan(4 * q, 4);
            row[run[0]..run[1]].Fill(true);
            row[run[2]..run[3]].Fill(true);
        }
        return tensor(seen, [visible.Queries, visible.Keys], device: device);
    }

    private static Tensor Hidden(Visibility visible, Device device) => Visible(visible, device).logical_not();
}
