using System.Runtime.Intrinsics.X86;
using Sera.Model.Generation.Cpu;
using Sera.Model.Kernels;
using Sera.Model.Models.Llama;
using TorchSharp;
using static TorchSharp.torch;

namespace Sera.Model.Generation;

internal static class Decoders
{
    /// <summary>The fastest there is for a model on its device.</summary>
    /// <param name="capacity">Most rows at once.</param>
    public static IDecoder For(LlamaModel model, int capacity)
    {
        if (model.Device.type != DeviceType.CPU || !Avx512F.IsSupported) return new TorchDecoder(model);
        var threads = get_num_threads();
        return model.DataType == ScalarType.BFloat16 ? new CpuDecoder<Bf16>(model, capacity, threads, 2) : new CpuDecoder<F32>(model, capacity, threads, 4);
    }
}
