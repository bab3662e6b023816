using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Models.Llama;

/// <summary>Attention within the batch itself.</summary>
/// <param name="mask">
/// Added to the scores, fp32: 0 where a query sees a key, negative infinity where not; [batch, 1, time, time] or [time, time]. Every
/// query must see at least one key. Null: every position sees itself and what came before. Borrowed.
/// </param>
public sealed class MaskedAttention(Tensor? mask) : IAttention
{
    public Tensor Attend(int layer, Tensor query, Tensor key, Tensor value)
    {
        var group = query.shape[2] / key.shape[2];
        var mixed = F.scaled_dot_product_attention(
            query.transpose(1, 2), Repeat(key.transpose(1, 2), group), Repeat(value.transpose(1, 2), group), mask, 0, mask is null);
        return mixed.transpose(1, 2).reshape(query.shape[0], query.shape[1], query.shape[2] * query.shape[3]);
    }

    // [batch, kv heads, time, size] -> [batch, heads, time, size]
    internal static Tensor Repeat(Tensor heads, long times)
    {
        if (times == 1) return heads;
        var s = heads.shape;
        return heads.unsqueeze(2).expand(s[0], s[1], times, s[2], s[3]).reshape(s[0], s[1] * times, s[2], s[3]);
    }
}
