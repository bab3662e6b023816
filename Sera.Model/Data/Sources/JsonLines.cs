namespace Sera.Model.Data.Sources;

/// <summary>
/// Lines of a JSON lines file as raw bytes. Lines end at \n and nowhere else: texts may hold U+2028 and the like. A \r before the \n and blank
/// lines are passed over; numbers count all lines from 1.
/// </summary>
internal static class JsonLines
{
    /// <exception cref="SourceException">A line is too long, or the stream damaged.</exception>
    public static IEnumerable<RawRow> Read(ByteWindow window, NextRow next)
    {
        var blank = 0;
        for (; ; next.Number++)
        {
            var scanned = 0;
            int at;
            while ((at = window.Bytes.Span[scanned..].IndexOf((byte)'\n')) < 0)
            {
                scanned = window.Bytes.Length;
                if (!window.More()) break;
            }
            if (at < 0 && window.Bytes.IsEmpty) yield break;
            var length = at < 0 ? window.Bytes.Length : scanned + at;
            var line = Bare(window.Bytes[..length]);
            if (line.Span.IndexOfAnyExcept((byte)' ', (byte)'\t') >= 0)
            {
                blank = 0;
                yield return new RawRow(next.Number, line);
            }
            else
            {
                blank = RawRow.AfterBlank(blank);
            }
            if (at < 0) yield break;
            window.Skip(length + 1);
        }
    }

    private static ReadOnlyMemory<byte> Bare(ReadOnlyMemory<byte> line) => line.Span.EndsWith((byte)'\r') ? line[..^1] : line;
}
