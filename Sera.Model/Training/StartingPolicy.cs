using Sera.Model.Adapters;
using Sera.Model.Models;
using Sera.Model.Models.Llama;

namespace Sera.Model.Training;

/// <summary>A loaded policy that a training starts from. Its tensors are borrowed until <see cref="Dispose"/>.</summary>
/// <param name="Adapter">Null for a policy of full weights.</param>
/// <param name="Lease">Disposed with this: what keeps the tensors alive; null when someone else does.</param>
public sealed record StartingPolicy(LlamaConfig Config, FlatParameters Parameters, LoraAdapter? Adapter, IDisposable? Lease) : IDisposable
{
    public void Dispose() => Lease?.Dispose();
}
