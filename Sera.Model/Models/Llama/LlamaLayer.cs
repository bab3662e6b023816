using Sera.Model.Kernels;
using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>One block of a Llama, forward and backward. The residual stream is fp32 whatever the parameters are. Borrows its parameters.</summary>
internal sealed record LlamaLayer(
    int Index, LlamaConfig Config, IKernels Kernels,
    NormWeight InputNorm, AdaptedLinear Qkv, AdaptedLinear Output, NormWeight AttentionNorm, AdaptedLinear GateUp, AdaptedLinear Down, HeadNorms? HeadNorms = null)
{
    private long Heads => Config.Heads + 2 * Config.KvHeads;

    /// <summary>Heads that are turned by their positions.</summary>
    private long Turned => Config.UnturnedLayers.Contains(Index) ? 0 : Config.Heads + Config.KvHeads;

    /// <param name="x">[tokens, hidden] fp32, changed in place to the residual stream after the attention.</param>
    /// <param name="delta">What the layer before adds to the stream, not added yet; null for nothing. Disposed.</param>
    /// <returns>What this layer adds at its end, [tokens, hidden]; owned by the caller's scope.</returns>
    public Tensor Forward(Tensor x, Tensor? delta, (Tensor Cos, Tensor Sin) at, IAttention attention)
    {
        using var scope = NewDisposeScope();
        var qkv = Qkv.Apply(Normalize(x, delta, InputNorm).Y).view(x.shape[0], Heads, Config.HeadSize);
        HeadNorms?.Apply(qkv);
        Kernels.Rotate(qkv, Turned, at.Cos, at.Sin);
        var attended = Output.Apply(attention.Attend(Index, qkv));
        var gated = Kernels.Gate(GateUp.Apply(Normalize(x, attended, AttentionNorm).Y));
        return Down.Apply(gated).MoveToOuterDisposeScope();
    }

    /// <summary>The same, keeping what <see cref="Backward"/> needs.</summary>
    /// <param name="x">[tokens, hidden] fp32: the residual stream before the layer, everything added. Left as it is.</param>
    /// <returns>The residual stream after the layer, and what was kept; owned by the caller.</returns>
    public (Tensor X, LayerTape Tape) Record(Tensor x, (Tensor Cos, Tensor Sin) at, SegmentAttention attention)
    {
        using var scope = NewDisposeScope();
        var (normal, inputScale) = Normalize(x, null, InputNorm);
        var qkv = Qkv.Apply(normal).view(x.shape[0], Heads, Config.HeadSize);
        var heads = HeadNorms?.Record(qkv);
        Kernels.Rotate(qkv, Turned, at.Cos, at.Sin);
        var mixed = attention.Attend(Index, qkv);
        var middle = x.clone();
        var (second, attentionScale) = Normalize(middle, Output.Apply(mixed), AttentionNorm);
        var gateUp = GateUp.Apply(second);
        var end = middle + Down.Apply(Kernels.Gate(gateUp));
        foreach (var kept in new[] { inputScale, qkv, mixed, middle, attentionScale, gateUp, end }) kept.DetachFromDisposeScope();
        return (end, new LayerTape(inputScale, qkv, mixed, middle, attentionScale, gateUp, heads));
    }

    /// <summary>Adds the gradients of what is trained, and turns that of the stream after the layer into that of the stream before it.</summary>
    /// <param name="x">As given to <see cref="Record"/>.</param>
    /// <param name="dx">[tokens, hidden] fp32, changed in place; not to the end where nobody asked.</param>
    /// <param name="asked">Whether anything below the layer's first product is trained.</param>
    public void Backward(Tensor x, LayerTape tape, Tensor dx, (Tensor Cos, Tensor MinusSin) back, SegmentAttention attention, bool asked)
    {
        using var scope = NewDisposeScope();
        var type = InputNorm.Weight.dtype;
        using (NewDisposeScope())
        {
            var gated = Kernels.Gate(tape.GateUp);
            var dGated = Down.Backward(gated, dx.to(type))!;
            Kernels.GateBackward(tape.GateUp, dGated);
            var second = Normalize(tape.Middle, null, AttentionNorm).Y;
            var dSecond = GateUp.Backward(second, tape.GateUp)!;
            Kernels.NormBackward(tape.Middle, tape.AttentionScale, AttentionNorm.Weight, dSecond, dx, AttentionNorm.Gradient);
        }
        var dMixed = Output.Backward(tape.Mixed, dx.to(type))!;
        var dQkv = attention.Backward(tape.Qkv, dMixed);
        Kernels.Rotate(dQkv, Turned, back.Cos, back.MinusSin);
        HeadNorms?.Backward(dQkv, tape.Heads!);
        var normal = Normalize(x, null, InputNorm).Y;
        if (Qkv.Backward(normal, dQkv.view(x.shape[0], Heads * Config.HeadSize), asked) is { } dNormal)
            Kernels.NormBackward(x, tape.InputScale, InputNorm.Weight, dNormal, dx, InputNorm.Gradient);
    }

    private (Tensor Y, Tensor Scale) Normalize(Tensor x, Tensor? delta, NormWeight norm) =>
        Kernels.AddNorm(x, delta, norm.Weight, (float)Config.NormEps);
}

/// <param name="Weight">[hidden].</param>
/// <param name="Gradient">[hidden] fp32; null when frozen.</param>
internal sealed record NormWeight(Tensor Weight, Tensor? Gradient);

/// <summary>What a layer keeps of its forward pass. Owns the tensors.</summary>
/// <param name="InputScale">[tokens] fp32: 1 / rms before the attention.</param>
/// <param name="Qkv">[tokens, query, key and value heads, head size], rotated.</param>
/// <param name="Mixed">[tokens, query size]: what the attention gave.</param>
/// <param name="Middle">[tokens, hidden] fp32: the residual stream after the attention.</param>
/// <param name="AttentionScale">[tokens] fp32: 1 / rms after the attention.</param>
/// <param name="GateUp">[tokens, 2 * intermediate size]; the backward pass writes over it.</param>
/// <param name="Heads">Null where heads are not normalized.</param>
internal sealed record LayerTape(Tensor InputScale, Tensor Qkv, Tensor Mixed, Tensor Middle, Tensor AttentionScale, Tensor GateUp, HeadNormsTape? Heads = null)
    : IDisposable
{
    public void Dispose()
    {
        foreach (var tensor in new[] { InputScale, Qkv, Mixed, Middle, AttentionScale, GateUp }) tensor.Dispose();
        Heads?.Dispose();
    }
}
