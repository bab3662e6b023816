using System.Security.Cryptography;

namespace Sera.Model.Checkpoints;

/// <summary>
/// An artifact known by name whose content arrives in pieces: artifacts/tmp/&lt;sha256&gt;.part. What is there already, also from a process that died,
/// is gone on with; nothing is trusted before the digest of the whole is the name. Disposed uncommitted, it stays for the next attempt. For one
/// thread at a time.
/// </summary>
public sealed class PartialArtifact : IDisposable
{
    internal const string Suffix = ".part";
    private const int BlockBytes = 1 << 20;

    private readonly ArtifactStore _store;
    private readonly string _sha256;
    private readonly string _path;
    private readonly FileStream _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _committed;

    internal PartialArtifact(ArtifactStore store, string sha256, string path)
    {
        (_store, _sha256, _path) = (store, sha256, path);
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        try
        {
            var block = new byte[BlockBytes];
            while (_file.Read(block) is var read and > 0)
            {
                _hash.AppendData(block, 0, read);
                Length += read;
            }
        }
        catch
        {
            _file.Dispose();
            _hash.Dispose();
            throw;
        }
    }

    /// <summary>Bytes that are there: where the next piece goes.</summary>
    public long Length { get; private set; }

    /// <exception cref="IOException">The disk is full, or fails; what was there stays.</exception>
    public void Append(ReadOnlySpan<byte> piece)
    {
        // A piece that was cut by a full disk lies behind Length and is written over.
        _file.Position = Length;
        _file.Write(piece);
        _hash.AppendData(piece);
        Length += piece.Length;
    }

    /// <summary>Makes it durable under its name, if the content is what the name says; otherwise forgets the content.</summary>
    public bool TryCommit()
    {
        _file.SetLength(Length);
        if (Convert.ToHexStringLower(_hash.GetCurrentHash()) != _sha256)
        {
            Clear();
            return false;
        }
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        _store.Place(_path, _sha256);
        return _committed = true;
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        _file.SetLength(0);
        _ = _hash.GetHashAndReset();
        Length = 0;
    }

    public void Dispose()
    {
        _file.Dispose();
        _hash.Dispose();
        if (!_committed && Length == 0) File.Delete(_path);
    }
}
