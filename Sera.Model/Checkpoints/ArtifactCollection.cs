using System.Collections.Frozen;
using System.Text;
using Sera.Model.Data;

namespace Sera.Model.Checkpoints;

/// <summary>
/// Deletes what no journal names. The names to keep travel as an artifact, a line each. What is young stays: its event may not be written yet.
/// </summary>
public static class ArtifactCollection
{
    public const string ListKind = "kept";

    private const int LineLength = 65;

    public static ArtifactRef WriteList(ArtifactStore store, IEnumerable<string> names)
    {
        using var pending = store.Create();
        foreach (var name in names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (!ArtifactStore.IsName(name)) throw new ArgumentException($"not a SHA-256 name: '{name}'", nameof(names));
            pending.Stream.Write(Encoding.ASCII.GetBytes(name + "\n"));
        }
        return pending.Commit(ListKind);
    }

    /// <summary>Names of a list whose content was checked.</summary>
    /// <exception cref="InputException">The artifact is no such list; deleting by it would be wrong.</exception>
    public static FrozenSet<string> ReadList(ArtifactStore store, string list)
    {
        var path = store.PathOf(list);
        var names = File.ReadAllLines(path);
        return names.All(ArtifactStore.IsName) && new FileInfo(path).Length == (long)names.Length * LineLength
            ? names.ToFrozenSet(StringComparer.Ordinal)
            : throw new InputException(path, "not a list of artifacts", "a line of 64 hex digits for each artifact to keep", "collect again");
    }

    /// <summary>Deletes artifacts and parts that are neither named nor written since a time. What cannot be deleted now stays.</summary>
    public static CollectedArtifacts Collect(ArtifactStore store, IReadOnlySet<string> kept, DateTime writtenBefore)
    {
        var (named, parts) = store.Files();
        var (deleted, bytes, left) = (0, 0L, 0);
        foreach (var (file, part) in named.Select(f => (f, false)).Concat(parts.Select(f => (f, true))))
        {
            if ((!part && kept.Contains(file.Name)) || !TryDelete(file, part, writtenBefore))
            {
                left += part ? 0 : 1;
                continue;
            }
            deleted++;
            bytes += file.Length;
        }
        return new CollectedArtifacts(deleted, bytes, left);
    }

    /// <summary>Deletes folders of bases, as <see cref="PolicyArtifacts.Materialize"/> made them, by the same rule.</summary>
    public static void CollectBases(string parent, IReadOnlySet<string> kept, DateTime writtenBefore)
    {
        if (!Directory.Exists(parent)) return;
        foreach (var folder in new DirectoryInfo(parent).EnumerateDirectories())
        {
            if (!ArtifactStore.IsName(folder.Name) || kept.Contains(folder.Name) || folder.LastWriteTimeUtc >= writtenBefore) continue;
            try
            {
                folder.Delete(recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is taken next time.
            }
        }
    }

    private static bool TryDelete(FileInfo file, bool part, DateTime writtenBefore)
    {
        try
        {
            // Read just before deleting, and once: the length is told afterwards.
            file.Refresh();
            if (!file.Exists || file.LastWriteTimeUtc >= writtenBefore) return false;
            // A part that a transfer has open refuses to be opened alone.
            if (part) new FileStream(file.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
            else File.Delete(file.FullName);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
