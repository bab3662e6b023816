using System.Collections.Immutable;
using Sera.Model.Kernels;
using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>
/// Attention within packed tokens, a segment at a time. The query heads that share a kv head are stacked as rows of it, so that keys and values
/// are never repeated. Probabilities are not kept for the backward pass but computed again: they grow with the square of the length.
/// </summary>
internal sealed class SegmentAttention(LlamaConfig config, IKernels kernels, ImmutableArray<Segment> segments) : IAttention
{
    private readonly SegmentsByLayer _segments = new(config, segments);
    private readonly float _scale = (float)config.AttentionScale;
    private readonly float _cap = (float)config.AttentionCap;
    private readonly long _group = config.Heads / config.KvHeads;

    public Tensor Attend(int layer, Tensor qkv)
    {
        var mixed = empty([qkv.shape[0], config.QuerySize], qkv.dtype, qkv.device);
        foreach (var segment in _segments.Of(layer))
        {
            using var scope = NewDisposeScope();
            var (probabilities, _) = Probabilities(segment, Queries(segment, qkv), Keys(segment, qkv));
            var output = probabilities.bmm(Values(segment, qkv));
            ByHead(mixed.narrow(0, segment.First, segment.Count)).copy_(ToTokens(output, segment));
        }
        return mixed;
    }

    /// <param name="qkv">[tokens, query, key and value heads, head size], rotated.</param>
    /// <param name="dMixed">[tokens, query size].</param>
    /// <returns>Gradient of <paramref name="qkv"/>, of its shape; owned by the current scope.</returns>
    public Tensor Backward(int layer, Tensor qkv, Tensor dMixed)
    {
        var gradient = zeros_like(qkv);
        foreach (var segment in _segments.Of(layer))
        {
            using var scope = NewDisposeScope();
            var (queries, keys) = (Queries(segment, qkv), Keys(segment, qkv));
            var (probabilities, capped) = Probabilities(segment, queries, keys, keepCapped: true);
            var dOutput = ToRows(ByHead(dMixed.narrow(0, segment.First, segment.Count)));
            var dValues = probabilities.transpose(1, 2).bmm(dOutput);
            var dScores = dOutput.bmm(Values(segment, qkv).transpose(1, 2));
            kernels.SoftmaxBackward(probabilities, dScores, segment.Visible, capped is null ? _scale : 1);
            if (capped is not null) kernels.CapBackward(capped, dScores, _scale, _cap);
            var dQueries = dScores.bmm(keys);
            var dKeys = dScores.transpose(1, 2).bmm(queries);
            ByHead(gradient.narrow(0, segment.First, segment.Count).narrow(1, 0, config.Heads)).copy_(ToTokens(dQueries, segment));
            AddToRuns(gradient, segment, config.Heads, dKeys);
            AddToRuns(gradient, segment, config.Heads + config.KvHeads, dValues);
        }
        return gradient;
    }

    /// <returns>Probabilities, [kv heads, queries of a kv head, keys], and the capped scores, of the same shape, where there is a cap and they are asked for.</returns>
    private (Tensor Probabilities, Tensor? Capped) Probabilities(Segment segment, Tensor queries, Tensor keys, bool keepCapped = false)
    {
        var scores = queries.bmm(keys.transpose(1, 2));
        if (_cap == 0)
        {
            kernels.Softmax(scores, segment.Visible, _scale);
            return (scores, null);
        }
        kernels.Cap(scores, _scale, _cap);
        var capped = keepCapped ? scores.clone() : null;
        kernels.Softmax(scores, segment.Visible, 1);
        return (scores, capped);
    }

    private Tensor Queries(Segment segment, Tensor qkv) => ToRows(ByHead(qkv.narrow(0, segment.First, segment.Count).narrow(1, 0, config.Heads)));

    private Tensor Keys(Segment segment, Tensor qkv) => Run(segment, qkv, config.Heads);

    private Tensor Values(Segment segment, Tensor qkv) => Run(segment, qkv, config.Heads + config.KvHeads);

    /// <returns>[kv heads, keys, head size].</returns>
    private Tensor Run(Segment segment, Tensor qkv, long firstHead)
    {
        var heads = qkv.narrow(1, firstHead, config.KvHeads);
        var own = heads.narrow(0, segment.OwnFirst, segment.OwnCount);
        var run = segment.PrefixCount == 0 ? own : cat([heads.narrow(0, segment.PrefixFirst, segment.PrefixCount), own], 0);
        return run.transpose(0, 1).contiguous();
    }

    private void AddToRuns(Tensor gradient, Segment segment, long firstHead, Tensor run)
    {
        var heads = gradient.narrow(1, firstHead, config.KvHeads);
        var tokens = run.transpose(0, 1);
        if (segment.PrefixCount > 0) heads.narrow(0, segment.PrefixFirst, segment.PrefixCount).add_(tokens.narrow(0, 0, segment.PrefixCount));
        heads.narrow(0, segment.OwnFirst, segment.OwnCount).add_(tokens.narrow(0, segment.PrefixCount, segment.OwnCount));
    }

    /// <summary>[tokens, query size], or its heads, as [tokens, kv heads, query heads of one, head size].</summary>
    private Tensor ByHead(Tensor tokens) => tokens.view(tokens.shape[0], config.KvHeads, _group, config.HeadSize);

    private Tensor ToRows(Tensor byHead) => byHead.permute(1, 2, 0, 3).reshape(config.KvHeads, _group * byHead.shape[0], config.HeadSize);

    private Tensor ToTokens(Tensor rows, Segment segment) => rows.view(config.KvHeads, _group, segment.Count, config.HeadSize).permute(2, 0, 1, 3);
}
