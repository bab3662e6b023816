using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>Which positions see which, and where keys and values come from; the rest of a block does not know.</summary>
public interface IAttention
{
    /// <param name="layer">From 0.</param>
    /// <param name="qkv">[tokens, query heads, then key heads, then value heads; head size], queries and keys rotated; contiguous.</param>
    /// <returns>[tokens, heads * head size], contiguous, owned by the current scope.</returns>
    Tensor Attend(int layer, Tensor qkv);
}
