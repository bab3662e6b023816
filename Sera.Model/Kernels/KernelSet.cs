using TorchSharp;
using static TorchSharp.torch;

namespace Sera.Model.Kernels;

internal static class KernelSet
{
    private static readonly IKernels Cpu = new CpuKernels();
    private static readonly IKernels Other = new TorchKernels();

    /// <summary>The fastest there are for a device.</summary>
    public static IKernels For(Device device) => device.type == DeviceType.CPU ? Cpu : Other;
}
