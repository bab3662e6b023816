using Sera.Model.Kernels;
using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>One block, attention and feed-forward, one behind the other or side by side, forward and backward. The residual stream is fp32 whatever the parameters are. Borrows its parameters.</summary>
internal sealed record LlamaLayer(
    int Index, LlamaConfig Config, IKernels Kernels,
    NormWeight InputNorm, AdaptedLinear Qkv, AdaptedLinear Output, NormWeight AttentionNorm, AdaptedLinear GateUp, AdaptedLinear Down, HeadNorms? HeadNorms = null)
{
    private long Heads => Config.Heads + 2 * Config.KvHeads;

    /// <summary>Heads that are turned by their positions.</summary>
    private long Turned => Config.UnturnedLayers.Contains(Index) || Config.RotarySize == 0 ? 0 : Config.Heads + Config.KvHeads;

    /// <param name="x">[tokens, hidden] fp32, changed in place to the residual stream after the attention.</param>
    /// <param name="delta">What the layer before adds to the stream, not added yet; null for nothing. Disposed.</param>
    /// <returns>What this layer adds at its end, [tokens, hidden]; owned by the caller's scope.</returns>
    public Tensor Forward(Tensor x, Tensor? delta, (Tensor Cos, Tensor Sin) at, IAttention attention)
    {
        using var scope = NewDisposeScope();
        var qkv = Qkv.Apply(Normalize(x, delta, InputNorm).Y).view(x.shape[0], Heads, Config.HeadSize);
        // Side by side, both blocks read the stream as it came in.
        var second = Config.ParallelResidual ? Normalize(x, null, AttentionNorm).Y : null;
        HeadNorms?.Apply(qkv);
        Kernels.Rotate(qkv, Turned, at.Cos, at.Sin);
        var attended = Output.Apply(attention.Attend(Index, qkv));
        if (second is null) second = Normalize(x, attended, AttentionNorm).Y;
        else x.add_(attended);
        return Down.Apply(Activate(GateUp.Apply(second))).MoveToOuterDisposeScope();
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
        var attended = Output.Apply(mixed);
        if (Config.ParallelResidual) middle.add_(attended);
        var (second, attentionScale) = Config.ParallelResidual ? Normalize(x, null, AttentionNorm) : Normalize(middle, attended, AttentionNorm);
        var gateUp = GateUp.Apply(second);
        var end = middle + Down.Apply(Activate(gateUp));
        foreach (var kept in new[] { inputScale, qkv, mixed, attentionScale, gateUp, end }) kept.DetachFromDisposeScope();
        return (end, new LayerTape(inputScale, qkv, mixed, Config.ParallelResidual ? null : middle.DetachFromDisposeScope(), attentionScale, gateUp, heads));
    }

    /// <summary>Adds the gradients of what is trained, and turns that of the stream after the layer into that of the stream before it.</summary>
    /// <param name="x">As given to <see cref="Record"/>.</param>
    /// <param name="dx">[tokens, hidden] fp32, changed in place; not to the end where nobody asked.</param>
    /// <param name="asked">Whether anything below the layer's first product is trained.</param>
    public void Backward(Tensor x, LayerTape tape, Tensor dx, (Tensor Cos, Tensor MinusSin) back, SegmentAttention attention, bool asked)
    {
        using var scope = NewDisposeScope();
        var type = InputNorm.Weight.dtype;
        // Side by side, the attention's part has the gradient that came, before that of the other block is added to it.
        var dMixed = Config.ParallelResidual ? Output.Backward(tape.Mixed, dx.to(type))! : null;
        using (NewDisposeScope())
        {
            var activated = Activate(tape.GateUp);
            var dActivated = Down.Backward(activated, dx.to(type))!;
            ActivateBackward(tape.GateUp, dActivated);
            var before = tape.Middle ?? x;
            var second = Normalize(before, null, AttentionNorm).Y;
            var dSecond = GateUp.Backward(second, tape.GateUp)!;
            Kernels.NormBackward(before, tape.AttentionScale, AttentionNorm, dSecond, dx);
        }
        dMixed ??= Output.Backward(tape.Mixed, dx.to(type))!;
        var dQkv = attention.Backward(tape.Qkv, dMixed);
        Kernels.Rotate(dQkv, Turned, back.Cos, back.MinusSin);
        HeadNorms?.Backward(dQkv, tape.Heads!);
        var normal = Normalize(x, null, InputNorm).Y;
        if (Qkv.Backward(normal, dQkv.view(x.shape[0], Heads * Config.HeadSize), asked) is { } dNormal)
            Kernels.NormBackward(x, tape.InputScale, InputNorm, dNormal, dx);
    }

    private (Tensor Y, Tensor Scale) Normalize(Tensor x, Tensor? delta, NormWeight norm) => Kernels.AddNorm(x, delta, norm, (float)Config.NormEps);

    private Tensor Activate(Tensor inner) =>
        Config.Activation == Activation.GatedSilu ? Kernels.Gate(inner) : Kernels.Activate(inner, Config.Activation);

    private void ActivateBackward(Tensor inner, Tensor dActivated)
    {
        if (Config.Activation == Activation.GatedSilu) Kernels.GateBackward(inner, dActivated);
        else Kernels.ActivateBackward(inner, dActivated, Config.Activation);
    }
}

/// <summary>What a layer keeps of its forward pass. Owns the tensors.</summary>
/// <param name="InputScale">[tokens] fp32: 1 / rms or 1 / deviation before the attention.</param>
/// <param name="Qkv">[tokens, query, key and value heads, head size], rotated.</param>
/// <param name="Mixed">[tokens, query size]: what the attention gave.</param>
/// <param name="Middle">[tokens, hidden] fp32: the residual stream after the attention; null where the feed-forward block does not read it.</param>
/// <param name="AttentionScale">[tokens] fp32: the same before the feed-forward block.</param>
/// <param name="GateUp">[tokens, inner size]: what its first product gave; the backward pass writes over it.</param>
/// <param name="Heads">Null where heads are not normalized.</param>
internal sealed record LayerTape(Tensor InputScale, Tensor Qkv, Tensor Mixed, Tensor? Middle, Tensor AttentionScale, Tensor GateUp, HeadNormsTape? Heads = null)
    : IDisposable
{
    public void Dispose()
    {
        foreach (var tensor in new[] { InputScale, Qkv, Mixed, AttentionScale, GateUp }) tensor.Dispose();
        Middle?.Dispose();
        Heads?.Dispose();
    }
}
