using System.Collections.Immutable;
using Sera.Model.Kernels;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Models.Llama;

/// <summary>
/// <see cref="SegmentAttention"/> by libtorch's fused kernel, which never writes the scores to memory: FlashAttention where a segment is a whole causal
/// run, the memory-efficient one where responses branch from a prompt. For passes that nothing is derived of, on devices where it is faster.
/// </summary>
internal sealed class FusedSegmentAttention : IAttention
{
    private readonly LlamaConfig _config;
    private readonly ImmutableArray<(Segment Segment, Tensor? Mask)> _segments;
    private readonly ImmutableArray<(Segment Segment, Tensor? Mask)> _sliding;

    /// <summary>The masks belong to the dispose scope of the caller, as long as which this can be used.</summary>
    /// <param name="device">Of what is attended to.</param>
    public FusedSegmentAttention(LlamaConfig config, ImmutableArray<Segment> segments, Device device)
    {
        _config = config;
        var byLayer = new SegmentsByLayer(config, segments);
        _segments = Masked(byLayer.All);
        _sliding = byLayer.Sliding == byLayer.All ? _segments : Masked(byLayer.Sliding);

        ImmutableArray<(Segment, Tensor?)> Masked(ImmutableArray<Segment> some) =>
            [.. some.Select(s => (s, s.Visible.IsCausal ? null : TorchKernels.Visible(s.Visible, device)))];
    }

    /// <summary>Queries for an operation that itself divides by the root of the head size.</summary>
    internal static Tensor ForFused(Tensor query, LlamaConfig config)
    {
        var scale = config.AttentionScale * Math.Sqrt(config.HeadSize);
        return Math.Abs(scale - 1) > 1e-12 ? query.mul(Scalars.Kept(scale)) : query;
    }

    /// <summary>The attention of a pass that nothing is derived of; the fused kernel caps no scores.</summary>
    public static IAttention For(LlamaModel model, ImmutableArray<Segment> segments) => model.Device.type == TorchSharp.DeviceType.CUDA && model.Config.AttentionCap == 0
        ? new FusedSegmentAttention(model.Config, segments, model.Device)
        : new SegmentAttention(model.Config, model.Compute, segments);

    public Tensor Attend(int layer, Tensor qkv)
    {
        var mixed = empty([qkv.shape[0], _config.QuerySize], qkv.dtype, qkv.device);
        foreach (var (segment, mask) in _config.Slides(layer) ? _sliding : _segments)
        {
            using var scope = NewDisposeScope();
            var query = qkv.narrow(0, segment.First, segment.Count).narrow(1, 0, _config.Heads).transpose(0, 1).unsqueeze(0);
            query = ForFused(query, _config);
            var (keys, values) = (Run(segment, qkv, _config.Heads), Run(segment, qkv, _config.Heads + _config.KvHeads));
            var output = F.scaled_dot_product_attention(query, keys, values, mask, is_casual: mask is null); // [1, heads, queries, head size]
            mixed.narrow(0, segment.First, segment.Count).copy_(output[0].transpose(0, 1).reshape(segment.Count, _config.QuerySize));
        }
        return mixed;
    }

    /// <returns>[1, heads, keys, head size]: each kv head once for every query head of its group, as the kernel wants them.</returns>
    private Tensor Run(Segment segment, Tensor qkv, long firstHead)
    {
        var heads = qkv.narrow(1, firstHead, _config.KvHeads);
        var own = heads.narrow(0, segment.OwnFirst, segment.OwnCount);
        var run = segment.PrefixCount == 0 ? own : cat([heads.narrow(0, segment.PrefixFirst, segment.PrefixCount), own], 0);
        var byHead = run.transpose(0, 1).unsqueeze(1); // [kv heads, 1, keys, head size]
        return byHead.expand(_config.KvHeads, _config.Heads / _config.KvHeads, run.shape[0], _config.HeadSize)
            .reshape(1, _config.Heads, run.shape[0], _config.HeadSize);
    }
}
