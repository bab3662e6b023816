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

    /// <summary>Whether this can be an artifact's name; nothing else ever becomes a path.</summary>
    public static bool IsName(string sha256) => sha256.Length == 64 && sha256.All(char.IsAsciiHexDigitLower);

    /// <summary>Where the content of an artifact lies; it may not exist.</summary>
    /// <exception cref="ArgumentException">Not a name.</exception>
    public string PathOf(string sha256) => Path.Combine(_root, Checked(sha256)[..2], sha256);

    public bool Contains(ArtifactRef artifact) => new FileInfo(PathOf(artifact.Sha256)) is { Exists: true } file && file.Length == artifact.Bytes;

    public ArtifactRef Write(string kind, ReadOnlySpan<byte> content)
    {
        using var pending = Create();
        pending.Stream.Write(content);
        return pending.Commit(kind);
    }

    /// <summary>A new artifact to be written as a stream; disposed without Commit it leaves nothing.</summary>
    public PendingArtifact Create() => new(this, Path.Combine(_root, "tmp", Temporaries.NewName()));

    /// <summary>An artifact that arrives in pieces, perhaps begun before; other processes cannot open it meanwhile.</summary>
    /// <exception cref="IOException">Another process has it open, or the disk refuses.</exception>
    public PartialArtifact OpenPart(string sha256) => new(this, Checked(sha256), Path.Combine(_root, "tmp", sha256 + PartialArtifact.Suffix));

    /// <summary>Whether the disk takes a file of a MiB now.</summary>
    public bool HasRoom()
    {
        try
        {
            using var probe = Create();
            probe.Stream.Write(new byte[1 << 20]);
            ((FileStream)probe.Stream).Flush(flushToDisk: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Everything that lies under a name, and apart from it what has none yet.</summary>
    internal (IEnumerable<FileInfo> Named, IEnumerable<FileInfo> Parts) Files() =>
        (new DirectoryInfo(_root).EnumerateDirectories().Where(d => d.Name.Length == 2).SelectMany(d => d.EnumerateFiles()).Where(f => IsName(f.Name)),
            new DirectoryInfo(Path.Combine(_root, "tmp")).EnumerateFiles("*" + PartialArtifact.Suffix));

    /// <summary>Gives a written file its name.</summary>
    /// <param name="durable">For good: the file was flushed to the disk.</param>
    internal void Place(string temporary, string sha256, bool durable = true)
    {
        var target = PathOf(sha256);
        var folder = Path.GetDirectoryName(target)!;
        var first = !Directory.Exists(folder);
        Directory.CreateDirectory(folder);
        if (first && durable) DurableFolder.Flush(_root);
        File.Move(temporary, target, overwrite: true);
        if (durable) DurableFolder.Flush(folder);
    }

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

    private static string Checked(string sha256) =>
        IsName(sha256) ? sha256 : throw new ArgumentException($"not a SHA-256 name: '{sha256}'", nameof(sha256));

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
            return Name(kind, Digest(durable), durable);
        }

        /// <summary>Makes it durable if it is what it should be; null, and nothing kept, if not.</summary>
        public ArtifactRef? CommitExpected(string kind, string sha256) => Digest(durable: true) == sha256 ? Name(kind, sha256, durable: true) : null;

        private string Digest(bool durable)
        {
            _file.Flush(durable);
            _file.Position = 0;
            return Convert.ToHexStringLower(SHA256.HashData(_file));
        }

        private ArtifactRef Name(string kind, string sha, bool durable)
        {
            var artifact = new ArtifactRef(kind, sha, _file.Length);
            _file.Dispose();
            _store.Place(_path, sha, durable);
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
