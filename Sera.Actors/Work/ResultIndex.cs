using System.Collections.Immutable;
using System.Text.Json;
using Sera.Actors.Serialization;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Work;

/// <summary>
/// Results by work id, in index/ of a work folder: a worker that finds its order done already answers without computing. Written after the
/// artifacts, so a crash between a result and the journal loses nothing, and a second run with the same prefix starts where the first went apart.
/// It is a memory only: an entry that cannot be read, or whose artifacts are not all there and whole, does not count.
/// </summary>
internal sealed class ResultIndex
{
    private readonly ArtifactStore _store;
    private readonly string _folder;

    public ResultIndex(string workFolder, ArtifactStore store)
    {
        _store = store;
        _folder = Path.Combine(Path.GetFullPath(workFolder), "index");
        Directory.CreateDirectory(_folder);
    }

    /// <param name="fingerprint">Of the engine that asks; results of another one are other bits, and not taken.</param>
    public WorkResult? Find(WorkOrder order, string? fingerprint) => Find(order.WorkId, order, fingerprint);

    public void Record(WorkResult result, string? fingerprint) => DurableFile.Write(
        PathOf(result.WorkId), file => JsonSerializer.Serialize(file, new IndexEntry(fingerprint, result), WireJson.Default.IndexEntry));

    /// <summary>Every file a result refers to.</summary>
    public static ImmutableArray<ArtifactRef> ArtifactsOf(WorkResult result) =>
    [
        .. new[]
        {
            result.Generated?.Rollouts, result.Scored?.Scores, result.Selected?.Pairs, result.Selected?.Margins, result.Bootstrapped?.Pairs,
            result.Bootstrapped?.Margins, result.Trained?.Checkpoint, result.Trained?.PolicyArtifact, result.Trained?.Metrics, result.Trained?.Reference?.Artifact,
            result.Evaluated?.Answers, result.Gradient?.Gradient,
        }.OfType<ArtifactRef>(),
    ];

    private WorkResult? Find(string workId, WorkOrder order, string? fingerprint)
    {
        var path = PathOf(workId);
        if (!File.Exists(path)) return null;
        try
        {
            var entry = JsonSerializer.Deserialize(File.ReadAllBytes(path), WireJson.Default.IndexEntry);
            if (entry?.Fingerprint != fingerprint || entry?.Result.WorkId != workId) return null;
            var result = entry.Result;
            return ArtifactsOf(result).All(a => IsWhole(a) || (a == result.Trained?.Checkpoint && IsGoneOnFrom(order, a, fingerprint))) ? result : null;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
    }

    /// <summary>A superseded checkpoint is deleted, and nobody misses it where what came of going on from it is known.</summary>
    private bool IsGoneOnFrom(WorkOrder order, ArtifactRef checkpoint, string? fingerprint)
    {
        var next = order.Train!.After(checkpoint);
        var id = WorkIds.Of(next);
        return Find(WorkIds.For(order.Engine, id), order with { Train = next }, fingerprint) is not null;
    }

    private bool IsWhole(ArtifactRef artifact)
    {
        try
        {
            _store.Verify(artifact);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>A work id comes from another node, and only a digest becomes a path.</summary>
    private string PathOf(string workId) => ArtifactStore.IsName(workId)
        ? Path.Combine(_folder, workId + ".json")
        : throw new ArgumentException($"not a work id: '{workId}'", nameof(workId));
}
