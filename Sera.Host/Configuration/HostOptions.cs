using Sera.Host.Compute;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Host.Configuration;

/// <summary>What a run file says beside RunOptions: where things lie and how they are computed.</summary>
/// <param name="PolicyFolder">Full path.</param>
/// <param name="BaseFolder">Full path of the policy that rewards are measured against; empty = none beside the run's own.</param>
/// <param name="Data">With full paths.</param>
/// <param name="Precision">Of a run that begins on this machine; one that goes on keeps its own.</param>
/// <param name="RewardFolder">Full path of the reward model's folder; null where the reward is implicit.</param>
/// <param name="Threads">libtorch threads per worker; 0 = decide by the machine's cores.</param>
internal sealed record HostOptions(
    string Name,
    string PolicyFolder,
    string BaseFolder,
    DataOptions Data,
    string Device,
    EngineChoice Engine,
    Precision Precision,
    int Threads,
    int GenerateWorkers,
    int ScoreWorkers,
    int TrainWorkers,
    string Journal,
    string? RewardFolder = null);
