using System.Globalization;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Sera.Model.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Sera.Model.Engine;

/// <summary>What the last bits of every result depend on beside the program: the device and the threads of one operation.</summary>
/// <param name="DeviceName">cpu, cuda or cuda:n; which of equal GPUs it is does not matter to the bits.</param>
/// <param name="Threads">libtorch threads an operation is spread over, &gt;= 1. Work on several compute threads at once gives the same bits.</param>
/// <param name="Precision">Type of weights and activations; master weights, moments, the residual stream, log-softmax and losses are fp32 in both.</param>
public sealed record TorchSettings(string DeviceName, int Threads, Precision Precision = Precision.F32)
{
    /// <summary>Of the program's own arithmetic; rises when it begins to round differently, so that runs of before are told from those of after.</summary>
    private const int Kernels = 3;

    private static readonly Lock Gate = new();
    private static (string Device, int Threads)? _applied;

    /// <summary>Sets up libtorch for the whole process; once, before the first engine. Applying equal settings again does nothing.</summary>
    /// <exception cref="Sera.Model.Data.InputException">The device is unknown or not there.</exception>
    /// <exception cref="InvalidOperationException">Other settings are in force.</exception>
    public void Apply()
    {
        lock (Gate)
        {
            if (_applied == (DeviceName, Threads)) return;
            if (_applied is { } other) throw new InvalidOperationException($"libtorch already runs on {other.Device} with {other.Threads} threads");
            ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
            if (DeviceName != "cpu" && CudaIndex is null)
                throw new Data.InputException("compute.device", $"'{DeviceName}'", "cpu, cuda or cuda:n", "correct the option");
            if (CudaIndex is { } index && (!cuda.is_available() || index >= cuda.device_count()))
                throw new Data.InputException("compute.device", $"no device '{DeviceName}' that libtorch can use", "a build with -p:SeraTorch=cuda and a driver", "use compute.device = cpu, or build for cuda");
            NativeDefaults.Apply();
            set_num_threads(Threads);
            set_num_interop_threads(1);
            _applied = (DeviceName, Threads);
        }
    }

    /// <summary>Computes a little on the device; returns when it has.</summary>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">The device does not compute, as after an error of the driver.</exception>
    public void Probe()
    {
        using var two = tensor([2f, 2f], float32, Device);
        using var four = two.mul(two);
        using var sum = four.sum();
        if (sum.item<float>() != 8f) throw new System.Runtime.InteropServices.ExternalException($"{DeviceName} computes 2 x 2 + 2 x 2 as something else than 8");
    }

    /// <summary>libtorch hands the number of threads to a new thread when that first asks for it; compute threads do so before their work.</summary>
    internal static void EnterThread() => _ = get_num_threads();

    /// <summary>Of <see cref="Precision"/>.</summary>
    public ScalarType DataType => Precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;

    public Device Device => CudaIndex is { } index ? new(DeviceType.CUDA, index) : new(DeviceType.CPU);

    /// <summary>null for anything that is not a CUDA device.</summary>
    private int? CudaIndex => DeviceName switch
    {
        "cuda" => 0,
        _ when DeviceName.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(DeviceName.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index) => index,
        _ => null,
    };

    /// <summary>Device, instruction set, dtype, threads and libtorch, for the record of a run.</summary>
    public string Fingerprint()
    {
        var vectors = Avx512F.IsSupported ? "avx512" : Avx2.IsSupported ? "avx2" : System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        var products = MklVectors.Enable() ? " mkl=avx512" : "";
        // Where .NET prefers shorter vectors, as on the first Intel processors with AVX-512, libtorch's products are the faster heads.
        var own = CudaIndex is not null || Vector512.IsHardwareAccelerated ? "" : " heads=libtorch";
        return $"{DeviceName.Split(':')[0]} {vectors}{products}{own} {Precision.ToString().ToLowerInvariant()} kernels={Kernels} threads={Threads} libtorch={torch.__version__}";
    }
}
