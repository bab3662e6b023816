using Sera.Model.Adapters;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>A loaded policy that a training starts from. Its tensors are borrowed until <see cref="Dispose"/>.</summary>
/// <param name="Adapter">Null for a policy of full weights.</param>
/// <param name="ReadExact">
/// A copy, in fp32, of what a training goes on with (the adapter where there is one, else all weights), where the loaded ones are rounded; null
/// where they are not.
/// </param>
/// <param name="Lease">Disposed with this: what keeps the tensors alive; null when someone else does.</param>
public sealed record StartingPolicy(LlamaConfig Config, FlatParameters Parameters, LoraAdapter? Adapter, IDisposable? Lease, Func<Tensor>? ReadExact = null) : IDisposable
{
    /// <returns>[n] fp32; the caller owns it.</returns>
    internal Tensor Exact() => ReadExact?.Invoke() ?? (Adapter?.Parameters ?? Parameters).Flat.clone();

    /// <summary>A policy with freshly drawn weights; the same seed gives the same.</summary>
    public static StartingPolicy Random(LlamaConfig config, ulong seed, Device device)
    {
        using var drawn = LlamaWeights.Random(config, seed);
        var parameters = FlatParameters.Frozen(LlamaLayout.Of(config), drawn.to(device, copy: true));
        return new StartingPolicy(config, parameters, null, parameters);
    }

    public void Dispose() => Lease?.Dispose();
}
