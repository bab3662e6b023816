using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Sera.Model.Engine;

/// <summary>What the last bits of every result depend on beside the program: the device and the threads of one operation.</summary>
/// <param name="DeviceName">cpu or cuda.</param>
/// <param name="Threads">libtorch threads an operation is spread over, &gt;= 1. Work on several compute threads at once gives the same bits.</param>
public sealed record TorchSettings(string DeviceName, int Threads)
{
    private static readonly Lock Gate = new();
    private static TorchSettings? _applied;

    /// <summary>Sets up libtorch for the whole process; once, before the first engine. Applying equal settings again does nothing.</summary>
    /// <exception cref="Sera.Model.Data.InputException">The device is unknown or not there.</exception>
    /// <exception cref="InvalidOperationException">Other settings are in force.</exception>
    public void Apply()
    {
        lock (Gate)
        {
            if (_applied == this) return;
            if (_applied is { } other) throw new InvalidOperationException($"libtorch already runs with {other}");
            ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
            if (DeviceName is not ("cpu" or "cuda"))
                throw new Data.InputException("compute.device", $"'{DeviceName}'", "cpu or cuda", "correct the option");
            if (DeviceName == "cuda" && !cuda.is_available())
                throw new Data.InputException("compute.device", "no CUDA device that libtorch can use", "a build with -p:SeraTorch=cuda and a driver", "use compute.device = cpu, or build for cuda");
            set_num_threads(Threads);
            set_num_interop_threads(1);
            _applied = this;
        }
    }

    /// <summary>libtorch hands the number of threads to a new thread when that first asks for it; compute threads do so before their work.</summary>
    internal static void EnterThread() => _ = get_num_threads();

    internal Device Device => new(DeviceName == "cuda" ? DeviceType.CUDA : DeviceType.CPU);

    /// <summary>Device, instruction set, dtype, threads and libtorch, for the record of a run.</summary>
    public string Fingerprint()
    {
        var vectors = Avx512F.IsSupported ? "avx512" : Avx2.IsSupported ? "avx2" : System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        return $"{DeviceName} {vectors} f32 threads={Threads} libtorch={torch.__version__}";
    }
}
