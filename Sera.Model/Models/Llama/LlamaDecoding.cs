using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Models.Llama;

/// <summary>Forward passes that fill a <see cref="KvCache"/>. Without gradients; the returned tensors belong to the caller.</summary>
public static class LlamaDecoding
{
    /// <summary>Computes the prompts and fills an empty cache with them.</summary>
    /// <param name="ids">[rows, time] int64: prompts that end in the last column, any id left of them.</param>
    /// <param name="starts">First column of each prompt.</param>
    /// <returns>Hidden state of the last column, [rows, hidden]; <see cref="LlamaModel.Head"/> makes logits of it.</returns>
    public static Tensor Prefill(this LlamaModel model, Tensor ids, long[] starts, KvCache cache)
    {
        if (cache.Length != 0) throw new InvalidOperationException("the cache already holds tokens");
        long rows = ids.shape[0], time = ids.shape[1];
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        cache.SetStarts(starts);
        Tensor? mask = null;
        var columns = Scalars.Range(time, ids.device);
        var positions = columns.unsqueeze(0).expand(rows, time);
        if (starts.Any(s => s != 0))
        {
            var start = tensor(starts, int64, ids.device).unsqueeze(1); // [rows, 1]
            positions = (positions - start).clamp_min(Scalars.Zero);
            // A padding query sees itself only, so that its row of the softmax is not empty.
            var sees = (columns.unsqueeze(0) <= columns.unsqueeze(1)).unsqueeze(0) & (columns.unsqueeze(0) >= start).unsqueeze(1);
            sees |= (columns.unsqueeze(0) == columns.unsqueeze(1)).unsqueeze(0);
            mask = zeros([rows, time, time], float32, ids.device).masked_fill_(sees.logical_not(), Scalars.NegativeInfinity).unsqueeze(1);
        }
        var hidden = model.Body(ids, positions, new PrefillAttention(cache, new MaskedAttention(mask)));
        cache.Length += time;
        return hidden.select(1, time - 1).clone().MoveToOuterDisposeScope();
    }

    /// <summary>One more token in every row.</summary>
    /// <param name="tokens">[rows] int64.</param>
    /// <returns>Logits of the token after, [rows, vocabulary].</returns>
    public static Tensor Decode(this LlamaModel model, Tensor tokens, KvCache cache)
    {
        if (cache.Length >= cache.Capacity) throw new InvalidOperationException($"all {cache.Capacity} columns of the cache are filled");
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var attention = new DecodeAttention(cache, cache.DecodeMask(cache.Length + 1));
        var hidden = model.Body(tokens.unsqueeze(1), cache.NextPositions(), attention);
        cache.Length++;
        return model.Head(hidden.select(1, 0)).MoveToOuterDisposeScope();
    }

    private sealed class PrefillAttention(KvCache cache, MaskedAttention within) : IAttention
    {
        public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value)
        {
            cache.Append(layer, key.transpose(1, 2), value.transpose(1, 2));
            return within.Attend(layer, query, key, value);
        }
    }

    private sealed class DecodeAttention(KvCache cache, Tensor? mask) : IAttention
    {
        // The query heads that share a kv head become query rows of it, so that keys and values are never repeated.
        public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value)
        {
            var (keys, values) = cache.Append(layer, key.transpose(1, 2), value.transpose(1, 2));
            long rows = query.shape[0], kvHeads = key.shape[2], group = query.shape[2] / kvHeads, size = query.shape[3];
            var mixed = F.scaled_dot_product_attention(query.reshape(rows, kvHeads, group, size), keys, values, mask);
            return mixed.reshape(rows, 1, query.shape[2] * size);
        }
    }
}
