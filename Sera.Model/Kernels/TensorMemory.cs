using static TorchSharp.torch;

namespace Sera.Model.Kernels;

/// <summary>The numbers of a tensor on the CPU, as they lie.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>Where its numbers are; valid while the tensor lives.</summary>
    public static byte* At(Tensor tensor)
    {
        if (tensor.numel() == 0) return null;
        if (!tensor.is_contiguous()) throw new ArgumentException("not contiguous", nameof(tensor));
        // Native memory: nothing moves it. A span ends at 2 GiB, but where it begins is enough.
        if (tensor.numel() * tensor.element_size() <= int.MaxValue)
        {
            fixed (byte* data = tensor.bytes) return data;
        }
        using var flat = tensor.view(-1);
        using var start = flat.narrow(0, 0, 1);
        fixed (byte* data = start.bytes) return data;
    }

    public static bool IsNarrow(Tensor tensor) => tensor.dtype == ScalarType.BFloat16;
}
