using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Host.Runs;

/// <summary>
/// run.json: what was decided before the run's first event and must hold until its last, so that a resume can tell whether its inputs
/// are still the same.
/// </summary>
/// <param name="Version">Of the program that started the run.</param>
/// <param name="Threads">libtorch threads per worker; bits depend on it, so a resume uses the same.</param>
/// <param name="Rounds">T.</param>
/// <param name="PolicyDigest">PolicyFolder.Digest of the starting policy.</param>
/// <param name="Dtype">That everything is computed in, to the end; fp32 where the file is older than the choice.</param>
/// <param name="Base">That rewards are measured against; null = by the options.</param>
/// <param name="Labels">What became of the labels of data.labels; null where it names none.</param>
/// <param name="Dropped">Pairs left out before the run, by reason.</param>
/// <param name="RewardFolder">Of the reward model; null where the reward is implicit.</param>
/// <param name="RewardDigest">PolicyFolder.Digest of the reward model; null where the reward is implicit.</param>
/// <param name="Cut">Pairs that were cut to the length limit, by what of them; null where none was.</param>
internal sealed record RunRecord(
    string RunId,
    string Name,
    DateTimeOffset Started,
    string Version,
    int Threads,
    int Rounds,
    string PolicyFolder,
    string PolicyDigest,
    ImmutableArray<InputFile> Inputs,
    int TrainPairs,
    int HeldOutPairs,
    int Prompts,
    int EvalPrompts,
    ImmutableSortedDictionary<string, int> Dropped,
    Precision Dtype = Precision.F32,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] BasePolicy? Base = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LabelCounts? Labels = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RewardFolder = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RewardDigest = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableSortedDictionary<string, int>? Cut = null)
{
    /// <exception cref="InputException">The file is damaged.</exception>
    public static RunRecord Read(RunFolder run)
    {
        try
        {
            return JsonSerializer.Deserialize<RunRecord>(File.ReadAllBytes(run.Record), HostJson.Indented) ?? throw new JsonException("null");
        }
        catch (JsonException)
        {
            throw new InputException(run.Record, "it is damaged", "the record of a run as JSON", "restore it from a copy, or start a new run");
        }
    }

    public void Write(RunFolder run) => DurableFile.Write(run.Record, stream => JsonSerializer.Serialize(stream, this, HostJson.Indented));
}

/// <param name="Digest">PolicyFolder.Digest.</param>
internal sealed record BasePolicy(string Folder, string Digest);

/// <summary>A data file as it was when the run started.</summary>
/// <param name="Use">pairs, prompts, eval or labels.</param>
internal sealed record InputFile(string Use, string Path, string Sha256, long Bytes);
