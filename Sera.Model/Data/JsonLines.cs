using System.IO.Compression;

namespace Sera.Model.Data;

/// <summary>
/// Lines of a JSON lines file, plain or gzip (told by its first bytes), as raw bytes. Lines end at \n and nowhere else: texts may hold
/// U+2028 and the like. A \r before the \n, a byte order mark and blank lines are passed over; numbers count all lines from 1.
/// </summary>
internal static class JsonLines
{
    private const string Expected = "a JSON lines file (.jsonl or .jsonl.gz)";

    // Without this switch GZipStream takes data that is cut short for whole, and rows go missing in silence.
    static JsonLines() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <returns>Each line is valid until the next one is asked for.</returns>
    /// <exception cref="InputException">The file is missing, unreadable, or its gzip data is cut short or damaged.</exception>
    public static IEnumerable<(int Number, ReadOnlyMemory<byte> Bytes)> Read(string path)
    {
        using var stream = Open(path);
        var buffer = new byte[1 << 16];
        var (start, end, number) = (0, 0, 0);
        while (true)
        {
            var scanned = start;
            int at;
            while ((at = buffer.AsSpan(scanned, end - scanned).IndexOf((byte)'\n')) < 0)
            {
                scanned = end - start;
                if (start > 0) buffer.AsSpan(start, end - start).CopyTo(buffer);
                (start, end) = (0, end - start);
                if (end == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
                var read = Fill(stream, buffer.AsSpan(end), path, number + 1);
                if (read == 0) break;
                end += read;
            }
            if (at < 0 && start == end) yield break;
            var length = at < 0 ? end - start : scanned - start + at;
            var line = Bare(buffer.AsMemory(start, length), ++number);
            if (line.Span.IndexOfAnyExcept((byte)' ', (byte)'\t') >= 0) yield return (number, line);
            if (at < 0) yield break;
            start += length + 1;
        }
    }

    private static ReadOnlyMemory<byte> Bare(ReadOnlyMemory<byte> line, int number)
    {
        if (number == 1 && line.Span.StartsWith(ByteOrderMark)) line = line[ByteOrderMark.Length..];
        return line.Span.EndsWith((byte)'\r') ? line[..^1] : line;
    }

    private static Stream Open(string path)
    {
        if (path.Length == 0) throw new InputException("data file", "an empty path", Expected, "name the file");
        if (Directory.Exists(path)) throw new InputException(path, "it is a folder", Expected, "name a file in it");
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException(path, "no such file", Expected, "check the path; paths in a run file are relative to that file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, $"it cannot be opened ({e.Message})", Expected, "check its permissions");
        }
        var gzip = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        if (gzip) return new GZipStream(file, CompressionMode.Decompress);
        if (!path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) return file;
        file.Dispose();
        throw new InputException(path, "its first bytes are not those of gzip", "gzip data in a file named .gz", "rename it or fetch it again");
    }

    private static int Fill(Stream stream, Span<byte> rest, string path, int number)
    {
        try
        {
            return stream.Read(rest);
        }
        catch (InvalidDataException)
        {
            throw new InputException(path, number, "the gzip data from here on is cut short or damaged", "a whole gzip file", "fetch or make the file again");
        }
        catch (IOException e)
        {
            throw new InputException(path, number, $"it cannot be read on ({e.Message})", "a readable file", "check the disk");
        }
    }
}
