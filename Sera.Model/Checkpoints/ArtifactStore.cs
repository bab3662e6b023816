using System.Security.Cryptography;

namespace Sera.Model.Checkpoints;

/// <summary>
/// Content-addressed files under one folder: artifacts/ab/abcd... A write goes to a temporary name, is flushed to the disk and renamed,
/// so a name that exists holds whole content; a crash leaves at most a temporary file. Safe for several threads and processes: equal
/// content lands on the same name.
/// </summary>
public sealed class ArtifactStore
{
    private readonly string _root;

    public ArtifactStore(string workFolder)
    {
        _root = Path.Combine(Path.GetFullPath(workFolder), "artifacts");
        Directory.CreateDirectory(Path.Combine(_root, "tmp"));
    }

    /// <summary>Where the content of an artifact lies; it may not exist.</summary>
    public string PathOf(string sha256)
    {
        if (sha256.Length != 64 || sha256.Any(c => !char.IsAsciiHexDigitLower(c)))
            throw new ArgumentException($"not a SHA-256 name: '{sha256}'", nameof(sha256));
        return Path.Combine(_root, sha256[..2], sha256);
    }

    public bool Contains(ArtifactRef artifact) => new FileInfo(PathOf(artifact.Sha256)) is { Exists: true } file && file.Length == artifact.Bytes;

    public ArtifactRef Write(string kind, ReadOnlySpan<byte> content)
    {
        using var pending = Create();
        pending.Stream.Write(content);
        return pending.Commit(kind);
    }

    /// <summary>A new artifact to be written as a stream; disposed without Commit it leaves nothing.</summary>
    public PendingArtifact Create() => new(this, Path.Combine(_root, "tmp", Temporaries.NewName()));

    /// <summary>The whole content, checked against its name.</summary>
    /// <exception cref="DamagedArtifactException">The file is missing, or its content is not what the name says.</exception>
    public byte[] Read(ArtifactRef artifact)
    {
        var path = PathOf(artifact.Sha256);
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DamagedArtifactException(artifact, path, "it is missing");
        }
        if (bytes.Length != artifact.Bytes) throw new DamagedArtifactException(artifact, path, $"it has {bytes.Length} bytes, expected {artifact.Bytes}");
        if (Sha256.Of(bytes) != artifact.Sha256) throw new DamagedArtifactException(artifact, path, "its content does not match its name");
        return bytes;
    }

    /// <summary>Checks content against name without holding it in memory.</summary>
    /// <inheritdoc cref="Read"/>
    public string Verify(ArtifactRef artifact)
    {
        var path = PathOf(artifact.Sha256);
        if (!File.Exists(path)) throw new DamagedArtifactException(artifact, path, "it is missing");
        var length = new FileInfo(path).Length;
        if (length != artifact.Bytes) throw new DamagedArtifactException(artifact, path, $"it has {length} bytes, expected {artifact.Bytes}");
        if (Sha256.OfFile(path) != artifact.Sha256) throw new DamagedArtifactException(artifact, path, "its content does not match its name");
        return path;
    }

    /// <summary>Removes an artifact that nothing needs; one that is not there stays so. Others of the same content see it go.</summary>
    /// <exception cref="IOException">It is in use, where the system refuses that.</exception>
    public void Delete(ArtifactRef artifact)
    {
        var path = PathOf(artifact.Sha256);
        if (File.Exists(path)) File.Delete(path);
    }

    /// <summary>Path of an artifact known by digest alone, its content checked.</summary>
    /// <param name="kind">For the message.</param>
    /// <inheritdoc cref="Read"/>
    public string VerifiedPath(string kind, string sha256)
    {
        var file = new FileInfo(PathOf(sha256));
        return Verify(new ArtifactRef(kind, sha256, file.Exists ? file.Length : 0));
    }

    /// <summary>One artifact being written.</summary>
    public sealed class PendingArtifact : IDisposable
    {
        private readonly ArtifactStore _store;
        private readonly string _path;
        private readonly FileStream _file;

        internal PendingArtifact(ArtifactStore store, string path)
        {
            (_store, _path) = (store, path);
            _file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        }

        public Stream Stream => _file;

        /// <summary>Gives it its content's name, durably unless it lives for one step only (see <see cref="ArtifactRef.IsTransient"/>).</summary>
        public ArtifactRef Commit(string kind)
        {
            var durable = !new ArtifactRef(kind, "", 0).IsTransient;
            _file.Flush(durable);
            _file.Position = 0;
            var sha = Convert.ToHexStringLower(SHA256.HashData(_file));
            var artifact = new ArtifactRef(kind, sha, _file.Length);
            _file.Dispose();
            var target = _store.PathOf(sha);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(_path, target, overwrite: true);
            if (durable) DurableFolder.Flush(Path.GetDirectoryName(target)!);
            return artifact;
        }

        public void Dispose()
        {
            _file.Dispose();
            if (File.Exists(_path)) File.Delete(_path);
        }
    }
}

/// <summary>An artifact that the journal names is not what it was; nothing may be built on it.</summary>
public sealed class DamagedArtifactException(ArtifactRef artifact, string path, string what)
    : IOException($"{path}: the {artifact.Kind} artifact is damaged: {what}")
{
    public ArtifactRef Artifact { get; } = artifact;
}
