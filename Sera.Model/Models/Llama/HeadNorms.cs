using Sera.Model.Kernels;
using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>RMSNorm of every head of queries and keys, before they are turned by position (Qwen3, Gemma 3). Borrows its parameters.</summary>
/// <param name="Query">[head size], the same for all heads.</param>
/// <param name="Key">[head size].</param>
internal sealed record HeadNorms(LlamaConfig Config, IKernels Kernels, NormWeight Query, NormWeight Key)
{
    /// <param name="qkv">[tokens, query, key and value heads, head size], changed in place.</param>
    public void Apply(Tensor qkv)
    {
        using var scope = NewDisposeScope();
        Normalize(Queries(qkv), Query);
        Normalize(Keys(qkv), Key);
    }

    /// <summary>The same, keeping what <see cref="Backward"/> needs; the caller owns it.</summary>
    public HeadNormsTape Record(Tensor qkv)
    {
        using var scope = NewDisposeScope();
        var (query, queryScale) = Normalize(Queries(qkv), Query);
        var (key, keyScale) = Normalize(Keys(qkv), Key);
        foreach (var kept in new[] { query, queryScale, key, keyScale }) kept.DetachFromDisposeScope();
        return new HeadNormsTape(query, queryScale, key, keyScale);
    }

    /// <param name="dQkv">Gradient of the normalized heads, changed in place to that of the heads before; adds the gradients of what is trained.</param>
    public void Backward(Tensor dQkv, HeadNormsTape tape)
    {
        using var scope = NewDisposeScope();
        Back(Queries(dQkv), tape.Query, tape.QueryScale, Query);
        Back(Keys(dQkv), tape.Key, tape.KeyScale, Key);
    }

    private (Tensor Before, Tensor Scale) Normalize(Tensor heads, NormWeight norm)
    {
        // A copy: what comes out is written over the heads.
        var before = heads.reshape(-1, Config.HeadSize).to(float32, copy: true); // [tokens * heads, head size]
        var (y, scale) = Kernels.AddNorm(before, null, norm, (float)Config.NormEps);
        heads.copy_(y.view(heads.shape));
        return (before, scale);
    }

    private void Back(Tensor dHeads, Tensor before, Tensor scale, NormWeight norm)
    {
        var dBefore = zeros_like(before);
        // Of a single head the rows are a view with the others between them.
        Kernels.NormBackward(before, scale, norm, dHeads.reshape(-1, Config.HeadSize).contiguous(), dBefore);
        dHeads.copy_(dBefore.view(dHeads.shape));
    }

    private Tensor Queries(Tensor qkv) => qkv.narrow(1, 0, Config.Heads);

    private Tensor Keys(Tensor qkv) => qkv.narrow(1, Config.Heads, Config.KvHeads);
}

/// <summary>Heads before they were normalized, [tokens * heads, head size] fp32, and 1 / rms of each, [tokens * heads] fp32. Owns the tensors.</summary>
internal sealed record HeadNormsTape(Tensor Query, Tensor QueryScale, Tensor Key, Tensor KeyScale) : IDisposable
{
    public void Dispose()
    {
        foreach (var tensor in new[] { Query, QueryScale, Key, KeyScale }) tensor.Dispose();
    }
}
