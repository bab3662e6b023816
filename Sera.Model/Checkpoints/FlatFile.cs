using System.Security.Cryptography;
using static TorchSharp.torch;

namespace Sera.Model.Checkpoints;

/// <summary>
/// A flat fp32 buffer as an artifact: its numbers one after the other, little-endian, then a mark. The mark tells files of equal numbers apart:
/// such a file is deleted by who asked for it, and must be nobody else's. Checked while it is read.
/// </summary>
internal static class FlatFile
{
    /// <summary>Bytes of a mark.</summary>
    public const int MarkLength = 32;

    private const int ChunkElements = 1 << 20;

    /// <param name="flat">[n] fp32, any device; borrowed.</param>
    /// <param name="mark"><see cref="MarkLength"/> bytes.</param>
    public static ArtifactRef Write(ArtifactStore store, string kind, Tensor flat, ReadOnlySpan<byte> mark)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(mark.Length, MarkLength);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var pending = store.Create();
        var values = flat.detach().cpu();
        for (long at = 0; at < values.shape[0]; at += ChunkElements)
        {
            using var chunk = values.narrow(0, at, Math.Min(ChunkElements, values.shape[0] - at));
            pending.Stream.Write(chunk.bytes);
        }
        pending.Stream.Write(mark);
        return pending.Commit(kind);
    }

    /// <summary>Overwrites a buffer of the same length.</summary>
    /// <param name="target">[n] fp32, contiguous, on the CPU.</param>
    /// <exception cref="DamagedArtifactException">The file is missing or not what its name says; the buffer may hold parts of it.</exception>
    public static void Read(ArtifactStore store, ArtifactRef artifact, Tensor target)
    {
        var path = store.PathOf(artifact.Sha256);
        var expected = target.numel() * sizeof(float) + MarkLength;
        if (!store.Contains(artifact) || artifact.Bytes != expected)
            throw new DamagedArtifactException(artifact, path, $"it is missing, or has not the {expected} bytes expected");
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0);
            using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long at = 0; at < target.shape[0]; at += ChunkElements)
            {
                using var chunk = target.narrow(0, at, Math.Min(ChunkElements, target.shape[0] - at));
                var bytes = chunk.bytes;
                file.ReadExactly(bytes);
                digest.AppendData(bytes);
            }
            Span<byte> mark = stackalloc byte[MarkLength];
            file.ReadExactly(mark);
            digest.AppendData(mark);
            if (Convert.ToHexStringLower(digest.GetHashAndReset()) != artifact.Sha256)
                throw new DamagedArtifactException(artifact, path, "its content does not match its name");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or EndOfStreamException)
        {
            throw new DamagedArtifactException(artifact, path, "it went while it was read");
        }
    }
}
