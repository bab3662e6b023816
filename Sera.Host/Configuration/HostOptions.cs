using Sera.Host.Compute;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Host.Configuration;

/// <summary>What a run file says beside RunOptions: where things lie and how they are computed.</summary>
/// <param name="PolicyFolder">Full path.</param>
/// <param name="Data">With full paths.</param>
/// <param name="Dtype">f32, bf16, or auto: what the device multiplies fastest.</param>
/// <param name="Threads">libtorch threads per worker; 0 = decide by the machine's cores.</param>
internal sealed record HostOptions(
    string Name,
    string PolicyFolder,
    DataOptions Data,
    string Device,
    EngineChoice Engine,
    string Dtype,
    int Threads,
    int GenerateWorkers,
    int ScoreWorkers,
    int TrainWorkers,
    string Journal)
{
    /// <summary>What <see cref="Dtype"/> is on this machine.</summary>
    public Precision Precision => Dtype switch
    {
        "bf16" => Precision.Bf16,
        "auto" => Precisions.Fastest(Device),
        _ => Precision.F32,
    };
}
