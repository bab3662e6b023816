using TorchSharp;
using static TorchSharp.torch;

namespace Sera.Model.Models;

/// <summary>
/// Numbers made on the host, as tensors of a device. To CUDA they go through pinned memory and without waiting: the copy runs beside the kernels that were
/// launched before it, and libtorch keeps the pinned memory until it is done.
/// </summary>
internal static class DeviceTensors
{
    /// <returns>[values] int64; the caller owns it.</returns>
    public static Tensor Of(long[] values, Device device) => device.type == DeviceType.CUDA ? Pinned(tensor(values, int64), device) : tensor(values, int64, device);

    /// <returns>[values] fp32; the caller owns it.</returns>
    public static Tensor OfFloats(float[] values, Device device) => device.type == DeviceType.CUDA ? Pinned(tensor(values, float32), device) : tensor(values, float32, device);

    private static Tensor Pinned(Tensor host, Device device)
    {
        using var pageable = host;
        using var pinned = pageable.pin_memory();
        return pinned.to(device, non_blocking: true);
    }
}
