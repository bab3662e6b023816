using Sera.Model.Kernels;
using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>One block, attention and feed-forward, one behind the other or side by side, forward and backward. The residual stream is fp32 whatever the parameters are. Borrows its parameters.</summary>
internal sealed record LlamaLayer(
    int Index, LlamaConfig Config, IKernels Kernels,
    NormWeight InputNorm, AdaptedLinear Qkv, AdaptedLinear Output, NormWeight AttentionNorm, AdaptedLinear GateUp, AdaptedLinear Down,
    HeadNorms? HeadNorms = null, OutputNorm? AttentionOutputNorm = null, OutputNorm? FeedForwardOutputNorm = null)
{
    private long Heads => Config.Heads + 2 * Config.KvHeads;

    private bool Slides => Config.Slides(Index);

    /// <summary>Heads that are turned by their positions.</summary>
    private long Turned => Config.UnturnedLayers.Contains(Index) || Config.RotarySize == 0 ? 0 : Config.Heads + Config.KvHeads;

    /// <param name="x">[tokens, hidden] fp32, changed in place to the residual stream after the attention.</param>
    /// <param name="delta">What the layer before adds to the stream, not added yet; null for nothing. Disposed.</param>
    /// <returns>What this layer adds at its end, [tokens, hidden]; owned by the caller's scope.</returns>
    public Tensor Forward(Tensor x, Tensor? delta, RotaryAngles angles, IAttention attention)
    {
        using var scope = NewDisposeScope();
        var (cos, sin) = angles.Of(Slides);
        var qkv = Qkv.Apply(Normalize(x, delta, InputNorm).Y).view(x.shape[0], Heads, Config.HeadSize);
        // Side by side, both blocks read the stream as it came in.
        var second = Config.ParallelResidual ? Normalize(x, null, AttentionNorm).Y : null;
        HeadNorms?.Apply(qkv);
        Kernels.Rotate(qkv, Turned, cos, sin);
        var attended = Output.Apply(attention.Attend(Index, qkv));
        if (AttentionOutputNorm is not null) attended = AttentionOutputNorm.Apply(attended);
        if (second is null) second = Normalize(x, attended, AttentionNorm).Y;
        else x.add_(attended);
        var fed = Down.Apply(Activate(GateUp.Apply(second)));
        return (FeedForwardOutputNorm?.Apply(fed) ?? fed).MoveToOuterDisposeScope();
    }

    /// <summary>The same, keeping what <see cref="Backward"/> needs.</summary>
    /// <param name="x">[tokens, hidden] fp32: the residual stream before the layer, everything added. Left as it is.</param>
    /// <returns>The residual stream after the layer, and what was kept; owned by the caller.</returns>
    public (Tensor X, LayerTape Tape) Record(Tensor x, RotaryAngles angles, SegmentAttention attention)
    {
        using var scope = NewDisposeScope();
        var (cos, sin) = angles.Of(Slides);
        var (normal, inputScale) = Normalize(x, null, InputNorm);
        var qkv = Qkv.Apply(normal).view(x.shape[0], Heads, Config.HeadSize);
        var heads = HeadNorms?.Record(qkv);
        Kernels.Rotate(qkv, Turned, cos, sin);
        var mixed = attention.Attend(Index, qkv);
        var middle = x.clone();
        var (attended, attendedTape) = Normalize(Output.Apply(mixed), AttentionOutputNorm);
        if (Config.ParallelResidual) middle.add_(attended);
        var (second, attentionScale) = Config.ParallelResidual ? Normalize(x, null, AttentionNorm) : Normalize(middle, attended, AttentionNorm);
        var gateUp = GateUp.Apply(second);
        var (fed, fedTape) = Normalize(Down.Apply(Activate(gateUp)), FeedForwardOutputNorm);
        var end = middle + fed;
        foreach (var kept in new[] { inputScale, qkv, mixed, attentionScale, gateUp, end }) kept.DetachFromDisposeScope();
        return (end, new LayerTape(inputScale, qkv, mixed, Config.ParallelResidual ? null : middle.DetachFromDisposeScope(), attentionScale, gateUp, heads, attendedTape?.Kept(), fedTape?.Kept()));
    }

    /// <summary>Adds the gradients of what is trained, and turns that of the stream after the layer into that of the stream before it.</summary>
    /// <param name="x">As given to <see cref="Record"/>.</param>
    /// <param name="dx">[tokens, hidden] fp32, changed in place; not to the end where nobody asked.</param>
    /// <param name="back">Those that turn back.</param>
    /// <param name="asked">Whether anything below the layer's first product is trained.</param>
    public void Backward(Tensor x, LayerTape tape, Tensor dx, RotaryAngles back, SegmentAttention attention, bool asked)
    {
        using var scope = NewDisposeScope();
        var type = InputNorm.Weight.dtype;
        // Side by side, the attention's part has the gradient that came, before that of the other block is added to it.
        var dMixed = Config.ParallelResidual ? Output.Backward(tape.Mixed, dx.to(type))! : null;
        using (NewDisposeScope())
        {
            var activated = Activate(tape.GateUp);
            var dActivated = Down.Backward(activated, Back(dx.to(type), FeedForwardOutputNorm, tape.Fed))!;
            ActivateBackward(tape.GateUp, dActivated);
            var before = tape.Middle ?? x;
            var second = Normalize(before, null, AttentionNorm).Y;
            var dSecond = GateUp.Backward(second, tape.GateUp)!;
            Kernels.NormBackward(before, tape.AttentionScale, AttentionNorm, dSecond, dx);
        }
        dMixed ??= Output.Backward(tape.Mixed, Back(dx.to(type), AttentionOutputNorm, tape.Attended))!;
        var dQkv = attention.Backward(Index, tape.Qkv, dMixed);
        var (cos, minusSin) = back.Of(Slides);
        Kernels.Rotate(dQkv, Turned, cos, minusSin);
        HeadNorms?.Backward(dQkv, tape.Heads!);
        var normal = Normalize(x, null, InputNorm).Y;
        if (Qkv.Backward(normal, dQkv.view(x.shape[0], Heads * Config.HeadSize), asked) is { } dNormal)
            Kernels.NormBackward(x, tape.InputScale, InputNorm, dNormal, dx);
    }

    private (Tensor Y, Tensor Scale) Normalize(Tensor x, Tensor? delta, NormWeight norm) => Kernels.AddNorm(x, delta, norm, (float)Config.NormEps);

    private static (Tensor Y, OutputNormTape? Tape) Normalize(Tensor output, OutputNorm? norm) => norm is null ? (output, null) : norm.Record(output);

    private static Tensor Back(Tensor dy, OutputNorm? norm, OutputNormTape? tape) => norm is null ? dy : norm.Backward(tape!, dy);

    private Tensor Activate(Tensor inner) =>
        Config.Activation.IsGated() ? Kernels.Gate(inner, Config.Activation) : Kernels.Activate(inner, Config.Activation);

    private void ActivateBackward(Tensor inner, Tensor dActivated)
    {
        if (Config.Activation.IsGated()) Kernels.GateBackward(inner, dActivated, Config.Activation);
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
/// <param name="Attended">Null where what the attention gives is not normalized; so <paramref name="Fed"/>, of the feed-forward block.</param>
internal sealed record LayerTape(
    Tensor InputScale, Tensor Qkv, Tensor Mixed, Tensor? Middle, Tensor AttentionScale, Tensor GateUp, HeadNormsTape? Heads, OutputNormTape? Attended, OutputNormTape? Fed) : IDisposable
{
    public void Dispose()
    {
        foreach (var tensor in new[] { InputScale, Qkv, Mixed, AttentionScale, GateUp }) tensor.Dispose();
        Middle?.Dispose();
        Heads?.Dispose();
        Attended?.Dispose();
        Fed?.Dispose();
    }
}
