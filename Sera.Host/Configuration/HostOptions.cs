namespace Sera.Host.Configuration;

/// <summary>What a run file says beside RunOptions: where things lie and how they are computed.</summary>
/// <param name="PolicyFolder">Full path.</param>
/// <param name="Threads">libtorch threads per worker; 0 = decide by the machine's cores.</param>
internal sealed record HostOptions(
    string Name,
    string PolicyFolder,
    DataOptions Data,
    string Device,
    int Threads,
    int GenerateWorkers,
    int ScoreWorkers,
    int TrainWorkers,
    string Journal);

/// <summary>Which data a run reads and how (hocon/reference.conf, block data).</summary>
/// <param name="Pairs">Full path.</param>
/// <param name="Prompts">Full path; null = the prompts of the training pairs.</param>
/// <param name="Eval">Full path; null = none.</param>
/// <param name="MaxLength">Tokens of prompt and response together; 0 = the policy's context.</param>
/// <param name="RefuseTooLong">Whether a pair over the limit stops the run before it starts, instead of being dropped and counted.</param>
/// <param name="Limit">Only the first pairs that fit; 0 = all.</param>
internal sealed record DataOptions(
    string Pairs, string? Prompts, string? Eval, double HeldOut, bool AppendEos, int MaxLength, bool RefuseTooLong, int Limit);
