using System.Collections.Immutable;
using System.Text.Json;

namespace Sera.Host.Runs;

/// <summary>
/// run.json: what was decided before the run's first event and must hold until its last, so that a resume can tell whether its inputs
/// are still the same.
/// </summary>
/// <param name="Version">Of the program that started the run.</param>
/// <param name="Threads">libtorch threads per worker; bits depend on it, so a resume uses the same.</param>
/// <param name="PolicyDigest">PolicyFolder.Digest of the starting policy.</param>
/// <param name="Dropped">Pairs left out before the run, by reason.</param>
internal sealed record RunRecord(
    string RunId,
    string Name,
    DateTimeOffset Started,
    string Version,
    int Threads,
    string PolicyFolder,
    string PolicyDigest,
    ImmutableArray<InputFile> Inputs,
    int TrainPairs,
    int HeldOutPairs,
    int Prompts,
    int EvalPrompts,
    ImmutableSortedDictionary<string, int> Dropped)
{
    public static RunRecord Read(RunFolder run) =>
        JsonSerializer.Deserialize<RunRecord>(File.ReadAllBytes(run.Record), HostJson.Indented)
        ?? throw new JsonException($"{run.Record} is empty");

    public void Write(RunFolder run) => WholeFile.Write(run.Record, JsonSerializer.SerializeToUtf8Bytes(this, HostJson.Indented));
}

/// <summary>A data file as it was when the run started.</summary>
/// <param name="Use">pairs, prompts or eval.</param>
internal sealed record InputFile(string Use, string Path, string Sha256, long Bytes);
