using System.Collections.Immutable;
using Sera.Model.Kernels;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using static TorchSharp.torch;

namespace Sera.Model.Models;

/// <summary>Packed tokens on a device. Owns its tensors.</summary>
internal sealed class PackedTensors(IReadOnlyList<long> ids, IReadOnlyList<long> positions, ImmutableArray<Segment> segments, Device device) : IDisposable
{
    /// <summary>Tokens of a batch in bf16 on the CPU come in multiples of this.</summary>
    private const int Rows = 16;

    /// <summary>
    /// A batch as a model computes it. oneDNN, which multiplies in bf16 on the CPU, compiles code for each shape of a product and keeps it: with as
    /// many lengths as there are batches that was a tenth of the time and most of the memory of training a small policy. So the rows
    /// are filled up with tokens that see themselves only, and that nobody asks for.
    /// </summary>
    public static PackedTensors Of(TokenBatch batch, LlamaModel model)
    {
        var fill = model.DataType == ScalarType.BFloat16 && model.Device.type == TorchSharp.DeviceType.CPU ? (Rows - batch.Tokens % Rows) % Rows : 0;
        if (fill == 0) return new(batch.Ids, batch.Positions, batch.Segments, model.Device);
        int[] runs = [.. Enumerable.Range(0, fill).SelectMany(i => new[] { 0, 0, i, i + 1 })];
        var segment = new Segment(batch.Tokens, fill, 0, 0, batch.Tokens, new Visibility(runs, fill));
        var none = new long[fill];
        return new([.. batch.Ids, .. none], [.. batch.Positions, .. none], batch.Segments.Add(segment), model.Device);
    }

    /// <summary>[tokens] int64.</summary>
    public Tensor Ids { get; } = DeviceTensors.Of([.. ids], device).DetachFromDisposeScope();

    /// <summary>[tokens] int64.</summary>
    public Tensor Positions { get; } = DeviceTensors.Of([.. positions], device).DetachFromDisposeScope();

    public ImmutableArray<Segment> Segments { get; } = segments;

    public void Dispose()
    {
        Ids.Dispose();
        Positions.Dispose();
    }
}
