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
    public WorkResult? Find(string workId, string? fingerprint)
    {
        var path = PathOf(workId);
        if (!File.Exists(path)) return null;
        try
        {
            var entry = JsonSerializer.Deserialize(File.ReadAllBytes(path), WireJson.Default.IndexEntry);
            if (entry?.Fingerprint != fingerprint || entry?.Result.WorkId != workId) return null;
            foreach (var artifact in ArtifactsOf(entry.Result))
            {
                _store.Verify(artifact);
            }
            return entry.Result;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return null;
        }
    }

    public void Record(WorkResult result, string? fingerprint)
    {
        var path = PathOf(result.WorkId);
        var pending = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            using (var file = new FileStream(pending, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                JsonSerializer.Serialize(file, new IndexEntry(fingerprint, result), WireJson.Default.IndexEntry);
                file.Flush(flushToDisk: true);
            }
            File.Move(pending, path, overwrite: true);
        }
        finally
        {
            File.Delete(pending);
        }
    }

    /// <summary>Every file a result refers to.</summary>
    public static ImmutableArray<ArtifactRef> ArtifactsOf(WorkResult result) =>
    [
        .. new[]
        {
            result.Generated?.Rollouts, result.Scored?.Scores, result.Selected?.Pairs, result.Selected?.Margins, result.Bootstrapped?.Pairs,
            result.Bootstrapped?.Margins, result.Trained?.Checkpoint, result.Trained?.PolicyArtifact, result.Trained?.Metrics,
            result.Evaluated?.Answers,
        }.OfType<ArtifactRef>(),
    ];

    private string PathOf(string workId) => Path.Combine(_folder, workId + ".json");
}
