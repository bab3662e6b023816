using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>Which positions see which, and where keys and values come from; the rest of a block does not know.</summary>
public interface IAttention
{
    /// <param name="layer">From 0.</param>
    /// <param name="query">[batch, time, heads, head size], rotated.</param>
    /// <param name="key">[batch, time, kv heads, head size], rotated.</param>
    /// <param name="value">[batch, time, kv heads, head size].</param>
    /// <returns>[batch, time, heads * head size], owned by the current scope.</returns>
    Tensor Attend(int layer, Tensor query, Tensor key, Tensor value);
}
