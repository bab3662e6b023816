using System.IO.Compression;
using ZstdSharp;

namespace Sera.Model.Data.Sources;

/// <summary>
/// The bytes of a file, unpacked where it is gzip or zstd (told by its first bytes). Data that is damaged or cut short is a
/// <see cref="SourceException"/> when the reading comes there.
/// </summary>
internal sealed class DataStream : ReadOnlyStream
{
    private readonly Stream _bytes;
    private readonly string? _packing;

    // Without this switch GZipStream takes data that is cut short for whole, and rows go missing in silence.
    static DataStream() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    private DataStream(Stream bytes, string? packing) => (_bytes, _packing) = (bytes, packing);

    /// <exception cref="InputException">The file is missing or cannot be opened.</exception>
    public static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException(path, "no such file", DataFiles.Expected, "check the path; paths in a run file are relative to that file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, $"it cannot be opened ({e.Message})", DataFiles.Expected, "check its permissions");
        }
    }

    /// <summary>The first bytes of a file, which then is at its beginning again.</summary>
    /// <returns>How many there are.</returns>
    /// <exception cref="SourceException">It cannot be read.</exception>
    public static int ReadStart(FileStream file, Span<byte> start)
    {
        try
        {
            var length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            file.Position = 0;
            return length;
        }
        catch (IOException e)
        {
            throw Unreadable(e);
        }
    }

    /// <summary>Takes the file over.</summary>
    /// <param name="start">Its first bytes, four or all of them.</param>
    /// <exception cref="InputException">Its name says that it is packed, and it is not.</exception>
    public static DataStream Unpack(FileStream file, ReadOnlySpan<byte> start)
    {
        if (start is [0x1F, 0x8B, ..]) return new DataStream(new GZipStream(file, CompressionMode.Decompress), "gzip");
        if (start is [0x28, 0xB5, 0x2F, 0xFD, ..]) return new DataStream(new DecompressionStream(file, leaveOpen: false), "zstd");
        var named = Path.GetExtension(file.Name).ToLowerInvariant() switch { ".gz" => "gzip", ".zst" => "zstd", _ => null };
        if (named is null) return new DataStream(file, null);
        throw new SourceException($"its first bytes are not those of {named}", $"{named} data in a file of this name", "rename it or fetch it again");
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _bytes.Read(buffer);
        }
        catch (Exception e) when (_packing is not null && e is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw new SourceException($"the {_packing} data from here on is cut short or damaged", $"a whole {_packing} file", "fetch or make the file again");
        }
        catch (IOException e)
        {
            throw Unreadable(e);
        }
    }

    private static SourceException Unreadable(IOException e) => new($"it cannot be read on ({e.Message})", "a readable file", "check the disk");

    protected override void Dispose(bool disposing)
    {
        if (disposing) _bytes.Dispose();
        base.Dispose(disposing);
    }
}
