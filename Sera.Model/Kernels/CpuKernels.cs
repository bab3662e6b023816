using System.Runtime.Intrinsics;
using static Sera.Model.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace Sera.Model.Kernels;

/// <summary>The kernels on the CPU: vectors of 16, one pass over memory each, rows spread over libtorch's number of threads.</summary>
internal sealed unsafe class CpuKernels : IKernels
{
    public (Tensor Y, Tensor Scale) AddNorm(Tensor x, Tensor? delta, NormWeight norm, float eps)
    {
        long rows = x.shape[0], size = x.shape[1];
        var (y, scale) = (empty(x.shape, norm.Weight.dtype), empty([rows], float32));
        byte* px = At(x), pd = delta is null ? null : At(delta), pw = At(norm.Weight), pb = norm.Bias is null ? null : At(norm.Bias), py = At(y);
        var ps = (float*)At(scale);
        var shift = norm.Shift;
        if (IsNarrow(norm.Weight)) VectorMath.ForRows(rows, size, (r, n) => NormKernel.Forward<Bf16, Bf16>((float*)px, pd, pw, pb, py, ps, r, n, size, eps, shift));
        else VectorMath.ForRows(rows, size, (r, n) => NormKernel.Forward<F32, F32>((float*)px, pd, pw, pb, py, ps, r, n, size, eps, shift));
        return (y, scale);
    }

    public void NormBackward(Tensor x, Tensor scale, NormWeight norm, Tensor dy, Tensor dx)
    {
        long rows = x.shape[0], size = x.shape[1];
        float* px = (float*)At(x), ps = (float*)At(scale), pdx = (float*)At(dx);
        float* pdw = norm.Gradient is null ? null : (float*)At(norm.Gradient), pdb = norm.BiasGradient is null ? null : (float*)At(norm.BiasGradient);
        byte* pw = At(norm.Weight), pdy = At(dy);
        var centred = norm.Bias is not null;
        if (IsNarrow(norm.Weight)) NormKernel.Backward<Bf16>(px, ps, pw, pdy, pdx, pdw, pdb, rows, size, centred, norm.Shift);
        else NormKernel.Backward<F32>(px, ps, pw, pdy, pdx, pdw, pdb, rows, size, centred, norm.Shift);
    }

    public void Rotate(Tensor heads, long turned, Tensor cos, Tensor sin)
    {
        long rows = heads.shape[0], all = heads.shape[1], size = heads.shape[2], half = cos.shape[1];
        var ph = At(heads);
        float* pc = (float*)At(cos), ps = (float*)At(sin);
        if (IsNarrow(heads)) VectorMath.ForRows(rows, turned * size, (r, n) => RotateKernel.InPlace<Bf16>(ph, pc, ps, r, n, all, turned, size, half));
        else VectorMath.ForRows(rows, turned * size, (r, n) => RotateKernel.InPlace<F32>(ph, pc, ps, r, n, all, turned, size, half));
    }

    public Tensor Gate(Tensor gateUp, Activation kind) => kind == Activation.GatedSilu ? Gate<SiluGate>(gateUp) : Gate<GeluTanhGate>(gateUp);

    private static Tensor Gate<TGate>(Tensor gateUp)
        where TGate : struct, IGate
    {
        long rows = gateUp.shape[0], size = gateUp.shape[1] / 2;
        var gated = empty([rows, size], gateUp.dtype);
        byte* pg = At(gateUp), py = At(gated);
        if (IsNarrow(gateUp)) VectorMath.ForRows(rows, size, (r, n) => GateKernel.Forward<Bf16, TGate>(pg, py, r, n, size, 0, size));
        else VectorMath.ForRows(rows, size, (r, n) => GateKernel.Forward<F32, TGate>(pg, py, r, n, size, 0, size));
        return gated;
    }

    public void GateBackward(Tensor gateUp, Tensor dGated, Activation kind)
    {
        if (kind == Activation.GatedSilu) GateBackward<SiluGate>(gateUp, dGated);
        else GateBackward<GeluTanhGate>(gateUp, dGated);
    }

    private static void GateBackward<TGate>(Tensor gateUp, Tensor dGated)
        where TGate : struct, IGate
    {
        long rows = gateUp.shape[0], size = gateUp.shape[1] / 2;
        byte* pg = At(gateUp), pd = At(dGated);
        if (IsNarrow(gateUp)) VectorMath.ForRows(rows, size, (r, n) => GateKernel.Backward<Bf16, TGate>(pg, pd, r, n, size));
        else VectorMath.ForRows(rows, size, (r, n) => GateKernel.Backward<F32, TGate>(pg, pd, r, n, size));
    }

    public Tensor Activate(Tensor x, Activation kind)
    {
        long rows = x.shape[0], size = x.shape[1];
        var y = empty([rows, size], x.dtype);
        byte* px = At(x), py = At(y);
        if (IsNarrow(x)) VectorMath.ForRows(rows, size, (r, n) => GeluKernel.Forward<Bf16>(px, py, r, n, size, 0, size, kind));
        else VectorMath.ForRows(rows, size, (r, n) => GeluKernel.Forward<F32>(px, py, r, n, size, 0, size, kind));
        return y;
    }

    public void ActivateBackward(Tensor x, Tensor dy, Activation kind)
    {
        long rows = x.shape[0], size = x.shape[1];
        byte* px = At(x), pd = At(dy);
        if (IsNarrow(x)) VectorMath.ForRows(rows, size, (r, n) => GeluKernel.Backward<Bf16>(px, pd, r, n, size, kind));
        else VectorMath.ForRows(rows, size, (r, n) => GeluKernel.Backward<F32>(px, pd, r, n, size, kind));
    }

    public void Softmax(Tensor scores, Visibility visible, float scale)
    {
        var rows = scores.shape[0] * scores.shape[1];
        var ps = At(scores);
        if (IsNarrow(scores)) VectorMath.ForRows(rows, visible.Keys, (r, n) => SoftmaxKernel.Forward<Bf16>(ps, visible, r, n, scale));
        else VectorMath.ForRows(rows, visible.Keys, (r, n) => SoftmaxKernel.Forward<F32>(ps, visible, r, n, scale));
    }

    public void SoftmaxBackward(Tensor probabilities, Tensor dProbabilities, Visibility visible, float scale)
    {
        var rows = probabilities.shape[0] * probabilities.shape[1];
        byte* pp = At(probabilities), pd = At(dProbabilities);
        if (IsNarrow(probabilities)) VectorMath.ForRows(rows, visible.Keys, (r, n) => SoftmaxKernel.Backward<Bf16>(pp, pd, visible, r, n, scale));
        else VectorMath.ForRows(rows, visible.Keys, (r, n) => SoftmaxKernel.Backward<F32>(pp, pd, visible, r, n, scale));
    }

    public void Cap(Tensor x, float scale, float cap)
    {
        var px = At(x);
        if (IsNarrow(x)) VectorMath.ForRows(x.numel(), 1, (at, n) => CapKernel.Forward<Bf16>(px, at, n, scale, cap));
        else VectorMath.ForRows(x.numel(), 1, (at, n) => CapKernel.Forward<F32>(px, at, n, scale, cap));
    }

    public void CapBackward(Tensor capped, Tensor d, float scale, float cap)
    {
        byte* pc = At(capped), pd = At(d);
        if (IsNarrow(d)) VectorMath.ForRows(d.numel(), 1, (at, n) => CapKernel.Backward<Bf16>(pc, pd, at, n, scale, cap));
        else VectorMath.ForRows(d.numel(), 1, (at, n) => CapKernel.Backward<F32>(pc, pd, at, n, scale, cap));
    }

    public Tensor Logits(Tensor states, OutputMatrix output)
    {
        var logits = Vector512.IsHardwareAccelerated ? Product(states, output.Weight) : WideProduct(states, output.Weight);
        if (output.Cap > 0) Cap(logits, 1, output.Cap);
        return logits;
    }

    private static Tensor Product(Tensor states, Tensor weight)
    {
        using var scope = NewDisposeScope();
        var wide = states.to(float32);
        long rows = states.shape[0], hidden = states.shape[1], outputs = weight.shape[0];
        var logits = empty([rows, outputs], float32);
        float* px = (float*)At(wide), py = (float*)At(logits);
        var pw = At(weight);
        if (IsNarrow(weight)) VectorMath.ForRows(rows, outputs, (r, n) => ProductKernel.Multiply<Bf16>(px + r * hidden, n, hidden, pw, hidden, py + r * outputs, outputs, 0, outputs));
        else VectorMath.ForRows(rows, outputs, (r, n) => ProductKernel.Multiply<F32>(px + r * hidden, n, hidden, pw, hidden, py + r * outputs, outputs, 0, outputs));
        return logits.MoveToOuterDisposeScope();
    }

    /// <summary>libtorch's product, which rounds to the type of the weights: in fp32, some outputs widened at a time.</summary>
    internal static Tensor WideProduct(Tensor states, Tensor weight)
    {
        if (!IsNarrow(weight)) return nn.functional.linear(states, weight);
        using var scope = NewDisposeScope();
        var (wide, logits) = (states.to(float32), empty([states.shape[0], weight.shape[0]], float32));
        var some = Math.Max(64, TorchKernels.LogitElements / weight.shape[1]);
        for (var at = 0L; at < weight.shape[0]; at += some)
        {
            using var part = NewDisposeScope();
            var count = Math.Min(some, weight.shape[0] - at);
            logits.narrow(1, at, count).copy_(nn.functional.linear(wide, weight.narrow(0, at, count).to(float32)));
        }
        return logits.MoveToOuterDisposeScope();
    }

    public (Tensor Logps, Tensor LogSums) LabelLogps(Tensor states, OutputMatrix output, Tensor labels)
    {
        if (!Vector512.IsHardwareAccelerated) return TorchKernels.ChunkedLogps(this, states, output, labels);
        var (weight, cap) = output;
        long rows = states.shape[0], hidden = states.shape[1], size = weight.shape[0];
        var (logps, sums) = (empty([rows], float32), empty([rows], float32));
        byte* px = At(states), pw = At(weight);
        var labelled = (long*)At(labels);
        float* pp = (float*)At(logps), ps = (float*)At(sums);
        if (IsNarrow(weight)) VectorMath.ForRows(rows, size, (r, n) => HeadKernel.LabelLogps<Bf16>(px, pw, cap, labelled, pp, ps, r, n, hidden, size));
        else VectorMath.ForRows(rows, size, (r, n) => HeadKernel.LabelLogps<F32>(px, pw, cap, labelled, pp, ps, r, n, hidden, size));
        return (logps, sums);
    }

    public (Tensor Logps, Tensor LogSums) LabelLogps(Tensor logits, Tensor labels)
    {
        long rows = logits.shape[0], size = logits.shape[1];
        var (logps, sums) = (empty([rows], float32), empty([rows], float32));
        var labelled = (long*)At(labels);
        float* pl = (float*)At(logits), pp = (float*)At(logps), ps = (float*)At(sums);
        VectorMath.ForRows(rows, size, (r, n) => LabelKernel.Forward(pl, labelled, pp, ps, r, n, size));
        return (logps, sums);
    }

    public Tensor LabelBackward(Tensor logits, Tensor labels, Tensor logSums, Tensor dLogps, ScalarType type, float cap = 0)
    {
        long rows = logits.shape[0], size = logits.shape[1];
        var gradient = type == ScalarType.Float32 ? logits : empty(logits.shape, type);
        var labelled = (long*)At(labels);
        float* pl = (float*)At(logits), ps = (float*)At(logSums), pd = (float*)At(dLogps);
        var pg = At(gradient);
        if (IsNarrow(gradient)) VectorMath.ForRows(rows, size, (r, n) => LabelKernel.Backward<Bf16>(pl, pg, labelled, ps, pd, r, n, size, cap));
        else VectorMath.ForRows(rows, size, (r, n) => LabelKernel.Backward<F32>(pl, pg, labelled, ps, pd, r, n, size, cap));
        return gradient;
    }

    public void AdamW(Tensor parameters, Tensor gradient, Tensor first, Tensor second, Tensor? copy, long decayed, AdamStep step)
    {
        float* pp = (float*)At(parameters), pg = (float*)At(gradient), pm = (float*)At(first), pv = (float*)At(second);
        var pc = copy is null ? null : At(copy);
        VectorMath.ForRows(decayed, 1, (at, n) => AdamKernel.Step(pp, pg, pm, pv, pc, at, n, step.Kept, step));
        VectorMath.ForRows(parameters.shape[0] - decayed, 1, (at, n) => AdamKernel.Step(pp, pg, pm, pv, pc, decayed + at, n, 1, step));
    }
}
