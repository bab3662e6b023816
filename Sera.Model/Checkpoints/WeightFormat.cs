using static TorchSharp.torch;

namespace Sera.Model.Checkpoints;

/// <summary>How the weights of a folder are written.</summary>
/// <param name="Dtype">Float32, or BFloat16 or Float16, to which parameters are rounded.</param>
/// <param name="ShardBytes">Most bytes of tensors in a file, > 0; a tensor that is larger has a file of its own. null = one file.</param>
public sealed record WeightFormat(ScalarType Dtype = ScalarType.Float32, long? ShardBytes = null)
{
    public static WeightFormat Default { get; } = new();

    internal int ElementBytes => Dtype == ScalarType.Float32 ? sizeof(float) : sizeof(ushort);
}
