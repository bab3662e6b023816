using System.Collections.Immutable;
using System.Text;
using Sera.Model.Data;

namespace Sera.Model.Checkpoints;

/// <summary>
/// A base policy as artifacts. Its digest is that of a text which lists its files (<see cref="PolicyFolder.Listing"/>); so the text, stored as an
/// artifact, has the base's digest as its own name, and names the files, which are artifacts too.
/// </summary>
public static class PolicyArtifacts
{
    public const string BaseKind = "base";
    public const string FileKind = "base-file";

    private const int LongestListing = 1 << 20;

    /// <summary>Puts a base into the store; the listing comes first in the answer.</summary>
    /// <exception cref="InputException">A file of the folder changed since it was opened.</exception>
    public static ImmutableArray<ArtifactRef> Store(ArtifactStore store, PolicyFolder policy)
    {
        var files = policy.Files.Select(file => StoreFile(store, policy.Path, file)).ToImmutableArray();
        return [store.Write(BaseKind, Encoding.UTF8.GetBytes(policy.Listing)), .. files];
    }

    /// <summary>The files of a base whose listing is in the store, their lengths unknown.</summary>
    /// <exception cref="DamagedArtifactException">The listing is missing or damaged.</exception>
    /// <exception cref="InputException">The digest is that of something else.</exception>
    public static ImmutableArray<ArtifactRef> FilesOf(ArtifactStore store, string digest) =>
        [.. ReadListing(store, digest).Select(f => new ArtifactRef(FileKind, f.Sha256, 0))];

    /// <summary>Makes a folder of a base whose artifacts are all in the store, and registers it. Whole or not at all; one that is there is left.</summary>
    /// <param name="parent">Where the folder goes, under the base's digest.</param>
    /// <inheritdoc cref="FilesOf"/>
    public static PolicyFolder Materialize(ArtifactStore store, PolicyBases bases, string parent, string digest)
    {
        var files = ReadListing(store, digest);
        var folder = Path.Combine(parent, digest);
        if (TryOpen(folder, digest) is { } policy)
        {
            // Young again, as far as a collection is concerned.
            Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow);
        }
        else
        {
            try
            {
                DurableFile.WriteFolder(folder, temporary =>
                {
                    foreach (var (name, sha256) in files) HardLink.Create(store.PathOf(sha256), Path.Combine(temporary, name));
                });
            }
            catch (IOException) when (TryOpen(folder, digest) is not null)
            {
                // Another process was faster.
            }
            policy = PolicyFolder.Open(folder);
        }
        if (policy.Digest != digest)
            throw new InputException(folder, $"the policy {policy.Digest[..12]}", $"the policy {digest[..12]} and no other file", "restore the artifacts of the policy");
        bases.Register(policy);
        return policy;
    }

    private static PolicyFolder? TryOpen(string folder, string digest)
    {
        try
        {
            return Directory.Exists(folder) && PolicyFolder.Open(folder) is var policy && policy.Digest == digest ? policy : null;
        }
        catch (Exception e) when (e is InputException or IOException)
        {
            return null;
        }
    }

    private static ArtifactRef StoreFile(ArtifactStore store, string folder, PolicyFile file)
    {
        var artifact = new ArtifactRef(FileKind, file.Sha256, file.Bytes);
        if (store.Contains(artifact) && Sha256.OfFile(store.PathOf(file.Sha256)) == file.Sha256) return artifact;
        var path = Path.Combine(folder, file.Name);
        using var pending = store.Create();
        using (var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan))
        {
            source.CopyTo(pending.Stream);
        }
        var stored = pending.Commit(FileKind);
        return stored == artifact
            ? stored
            : throw new InputException(path, $"{stored.Bytes} bytes with content {stored.Sha256[..12]}", $"{file.Bytes} bytes with content {file.Sha256[..12]}, as a moment ago", "leave the file alone and try again");
    }

    private static ImmutableArray<(string Name, string Sha256)> ReadListing(ArtifactStore store, string digest)
    {
        var path = store.VerifiedPath(BaseKind, digest);
        if (new FileInfo(path).Length > LongestListing) throw NotAListing(path);
        var text = File.ReadAllText(path);
        if (!text.EndsWith('\n')) throw NotAListing(path);
        var files = text[..^1].Split('\n').Select(line => line.LastIndexOf(' ') is var at and > 0 ? (Name: line[..at], Sha256: line[(at + 1)..]) : throw NotAListing(path))
            .ToImmutableArray();
        return files.All(f => IsPlain(f.Name) && ArtifactStore.IsName(f.Sha256)) && files.DistinctBy(f => f.Name).Count() == files.Length
            ? files
            : throw NotAListing(path);
    }

    // A name of a file and never a way to another folder, on whatever system.
    private static bool IsPlain(string name) => name is not ("." or "..") && !name.Any(c => char.IsControl(c) || c is '/' or '\\' or ':');

    private static InputException NotAListing(string path) =>
        new(path, "not a listing of files", "a line of file name and SHA-256 for each file of a policy", "check which policy the run names");
}
