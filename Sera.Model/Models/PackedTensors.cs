using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Sera.Model.Models;

/// <summary>Packed tokens on a device. Owns its tensors.</summary>
internal sealed class PackedTensors(IReadOnlyList<long> ids, IReadOnlyList<long> positions, ImmutableArray<Segment> segments, Device device) : IDisposable
{
    /// <summary>[tokens] int64.</summary>
    public Tensor Ids { get; } = tensor([.. ids], int64, device).DetachFromDisposeScope();

    /// <summary>[tokens] int64.</summary>
    public Tensor Positions { get; } = tensor([.. positions], int64, device).DetachFromDisposeScope();

    public ImmutableArray<Segment> Segments { get; } = segments;

    public void Dispose()
    {
        Ids.Dispose();
        Positions.Dispose();
    }
}
