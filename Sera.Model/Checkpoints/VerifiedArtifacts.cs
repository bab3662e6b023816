using System.Collections.Concurrent;

namespace Sera.Model.Checkpoints;

/// <summary>
/// Which artifacts of a store were found whole, or damaged, by this process: a file is read again only when its length or time of writing has
/// changed since. For many threads.
/// </summary>
public sealed class VerifiedArtifacts(ArtifactStore store)
{
    private readonly ConcurrentDictionary<string, Verdict> _verdicts = new(StringComparer.Ordinal);

    /// <summary>Whether the content under a name is there and is what the name says. Reads the file where that is not known.</summary>
    public bool IsWhole(string sha256)
    {
        var path = store.PathOf(sha256);
        if (Stamp.Of(path) is not { } stamp) return false;
        if (_verdicts.TryGetValue(sha256, out var verdict) && verdict.Stamp == stamp) return verdict.Whole;
        try
        {
            var whole = Sha256.OfFile(path) == sha256;
            _verdicts[sha256] = new Verdict(stamp, whole);
            return whole;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Length of an artifact that is there, without reading it; null when it is missing or known to be damaged.</summary>
    public long? LengthOf(string sha256) => Stamp.Of(store.PathOf(sha256)) is { } stamp
        && !(_verdicts.TryGetValue(sha256, out var verdict) && verdict.Stamp == stamp && !verdict.Whole)
            ? stamp.Length
            : null;

    /// <summary>Its content was checked while it was written.</summary>
    public void Add(string sha256)
    {
        if (Stamp.Of(store.PathOf(sha256)) is { } stamp) _verdicts[sha256] = new Verdict(stamp, true);
    }

    /// <summary>Somebody doubts it: the next question reads it again.</summary>
    public void Forget(string sha256) => _verdicts.TryRemove(sha256, out _);

    /// <summary>Makes an artifact young again, as if just written, so that no collection takes it before the journal can name it.</summary>
    public void Touch(string sha256)
    {
        var path = store.PathOf(sha256);
        var known = Stamp.Of(path) is { } before && _verdicts.TryGetValue(sha256, out var verdict) && verdict.Stamp == before && verdict.Whole;
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return;
        }
        if (known) Add(sha256);
    }

    private readonly record struct Verdict(Stamp Stamp, bool Whole);

    private readonly record struct Stamp(long Length, DateTime Written)
    {
        public static Stamp? Of(string path) => new FileInfo(path) is { Exists: true } file ? new Stamp(file.Length, file.LastWriteTimeUtc) : null;
    }
}
