using Sera.Model.Adapters;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>A loaded policy that a training starts from. Its tensors are borrowed until <see cref="Dispose"/>.</summary>
/// <param name="Adapter">Null for a policy of full weights.</param>
/// <param name="Lease">Disposed with this: what keeps the tensors alive; null when someone else does.</param>
public sealed record StartingPolicy(LlamaConfig Config, FlatParameters Parameters, LoraAdapter? Adapter, IDisposable? Lease) : IDisposable
{
    /// <summary>A policy with freshly drawn weights; the same seed gives the same.</summary>
    public static StartingPolicy Random(LlamaConfig config, ulong seed, Device device)
    {
        using var drawn = LlamaWeights.Random(config, seed);
        var parameters = FlatParameters.Frozen(LlamaLayout.Of(config), drawn.to(device, copy: true));
        return new StartingPolicy(config, parameters, null, parameters);
    }

    public void Dispose() => Lease?.Dispose();
}
