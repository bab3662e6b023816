using System.Collections.Immutable;
using Sera.Model.Kernels;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Models.Llama;

/// <summary>Forward passes that fill a <see cref="KvCache"/>. The returned tensors belong to the caller.</summary>
public static class LlamaDecoding
{
    /// <summary>Computes the prompts, without padding, and fills an empty cache with them.</summary>
    /// <returns>Hidden state of the last token of each prompt, [prompts, hidden]; <see cref="LlamaModel.Head"/> makes logits of it.</returns>
    public static Tensor Prefill(this LlamaModel model, IReadOnlyList<ImmutableArray<int>> prompts, KvCache cache)
    {
        if (cache.Length != 0) throw new InvalidOperationException("the cache already holds tokens");
        var width = prompts.Max(p => p.Length);
        cache.SetStarts([.. prompts.Select(p => (long)(width - p.Length))]);
        var hidden = model.LastStates(prompts, within => new PrefillAttention(cache, prompts, model.Config, within, width));
        cache.Length += width;
        return hidden;
    }

    /// <summary>Computes prompts packed one after the other, without padding.</summary>
    /// <param name="keeping">Wraps the attention within the prompts, to keep their keys and values.</param>
    /// <returns>Hidden state of the last token of each prompt, [prompts, hidden]; the caller owns it.</returns>
    internal static Tensor LastStates(this LlamaModel model, IReadOnlyList<ImmutableArray<int>> prompts, Func<IAttention, IAttention> keeping)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var segments = new SegmentBuilder();
        foreach (var prompt in prompts) segments.Add(prompt.Length, []);
        using var packed = new PackedTensors(
            [.. prompts.SelectMany(p => p.Select(id => (long)id))], [.. prompts.SelectMany(p => Enumerable.Range(0, p.Length).Select(i => (long)i))], segments.Build(), model.Device);
        var (ends, end) = (new long[prompts.Count], -1L);
        for (var i = 0; i < ends.Length; i++) ends[i] = end += prompts[i].Length;
        var hidden = model.Body(packed.Ids, packed.Positions, keeping(FusedSegmentAttention.For(model, packed.Segments)));
        return hidden.index_select(0, DeviceTensors.Of(ends, model.Device)).MoveToOuterDisposeScope();
    }

    /// <summary>One more token in every row.</summary>
    /// <param name="tokens">[rows] int64.</param>
    /// <returns>Logits of the token after, [rows, vocabulary].</returns>
    public static Tensor Decode(this LlamaModel model, Tensor tokens, KvCache cache)
    {
        if (cache.Length >= cache.Capacity) throw new InvalidOperationException($"all {cache.Capacity} columns of the cache are filled");
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var attention = new DecodeAttention(model.Config, model.Compute, cache, cache.DecodeMask(cache.Length + 1));
        var hidden = model.Body(tokens, cache.NextPositions(), attention);
        cache.Length++;
        return model.Head(hidden).MoveToOuterDisposeScope();
    }

    private sealed class PrefillAttention(KvCache cache, IReadOnlyList<ImmutableArray<int>> prompts, LlamaConfig config, IAttention within, long width) : IAttention
    {
        public Tensor Attend(int layer, Tensor qkv)
        {
            using (NewDisposeScope())
            {
                var first = 0L;
                for (var row = 0; row < prompts.Count; row++)
                {
                    var heads = qkv.narrow(0, first, prompts[row].Length).transpose(0, 1); // [heads, tokens, head size]
                    cache.Fill(layer, row, width, heads.narrow(0, config.Heads, config.KvHeads), heads.narrow(0, config.Heads + config.KvHeads, config.KvHeads));
                    first += prompts[row].Length;
                }
            }
            return within.Attend(layer, qkv);
        }
    }

    private sealed class DecodeAttention(LlamaConfig config, IKernels kernels, KvCache cache, Tensor? mask) : IAttention
    {
        // A copy: fused kernels read masks by whole words from where they begin. It belongs to the scope of the caller, as the mask does.
        private readonly Tensor? _windowMask =
            config.Window < cache.Length + 1 && !config.SlidingLayers.IsEmpty ? mask?.narrow(3, cache.Length + 1 - config.Window.Value, config.Window.Value).clone() : null;

        // The query heads that share a kv head become query rows of it, so that keys and values are never repeated.
        public Tensor Attend(int layer, Tensor qkv)
        {
            var rows = qkv.shape[0];
            var (keys, values) = cache.Append(
                layer, qkv.narrow(1, config.Heads, config.KvHeads).unsqueeze(2), qkv.narrow(1, config.Heads + config.KvHeads, config.KvHeads).unsqueeze(2));
            var query = qkv.narrow(1, 0, config.Heads).reshape(rows, config.KvHeads, config.Heads / config.KvHeads, config.HeadSize);
            var hidden = mask;
            if (config.Slides(layer) && config.Window < keys.shape[2])
            {
                // All rows end in the same column, so that one window is that of all.
                var (seen, first) = ((long)config.Window, keys.shape[2] - (long)config.Window);
                (keys, values, hidden) = (keys.narrow(2, first, seen), values.narrow(2, first, seen), _windowMask);
            }
            if (config.AttentionCap > 0) return Capped(query, keys, values, hidden).reshape(rows, config.QuerySize);
            return F.scaled_dot_product_attention(FusedSegmentAttention.ForFused(query, config), keys, values, hidden).reshape(rows, config.QuerySize);
        }

        private Tensor Capped(Tensor query, Tensor keys, Tensor values, Tensor? hidden)
        {
            var scores = query.matmul(keys.transpose(2, 3));
            kernels.Cap(scores, (float)config.AttentionScale, (float)config.AttentionCap);
            if (hidden is not null) scores.add_(hidden);
            return scores.softmax(-1).matmul(values);
        }
    }
}
