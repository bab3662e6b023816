using Sera.Model.Engine.Native;

namespace Sera.Model.Engine;

/// <summary>Type that weights and activations are computed in.</summary>
public enum Precision
{
    F32,
    Bf16,
}

/// <summary>Which type serves a device best.</summary>
public static class Precisions
{
    /// <summary>f32, bf16 or auto, the fastest of the device; anything else is f32.</summary>
    public static Precision Of(string name, string device) => name switch
    {
        "bf16" => Precision.Bf16,
        "auto" => Fastest(device),
        _ => Precision.F32,
    };

    /// <summary>bf16 where the device multiplies it faster than fp32: CUDA, and processors with AVX-512 BF16 or AMX.</summary>
    public static Precision Fastest(string device) => device != "cpu" || CpuFeatures.MultipliesBf16 ? Precision.Bf16 : Precision.F32;
}
