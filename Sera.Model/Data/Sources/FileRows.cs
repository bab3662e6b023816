namespace Sera.Model.Data.Sources;

/// <summary>The rows of a file of any format, as a stream: of the file a row at a time is in memory, of Parquet a row group.</summary>
internal static class FileRows
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The rows of a path's files in order, numbered through.</summary>
    /// <param name="origin">Of a path that <see cref="DataFiles"/> knows; learns where the files begin.</param>
    /// <exception cref="InputException">A file is missing, unreadable, damaged, cut short, or no file of rows; names it and where.</exception>
    public static IEnumerable<RawRow> Read(RowOrigin origin)
    {
        var last = 0;
        foreach (var file in DataFiles.Of(origin.Path))
        {
            var (before, entered, next) = (last, false, new NextRow());
            using var rows = Bare(file, next, lines => Enter(lines)).GetEnumerator();
            while (true)
            {
                try
                {
                    if (!rows.MoveNext()) break;
                }
                catch (SourceException e)
                {
                    // Nothing of the file is known yet where its format is not.
                    throw new InputException(entered ? origin.Place(before + next.Number).ToString() : file, e.Found, e.Expected, e.Remedy);
                }
                last = before + rows.Current.Number;
                yield return rows.Current with { Number = last };
            }

            void Enter(bool lines)
            {
                origin.Enter(file, lines, before);
                entered = true;
            }
        }
    }

    /// <param name="known">Is told, before the first row and again where it turns out otherwise, whether rows are numbered by lines.</param>
    private static IEnumerable<RawRow> Bare(string file, NextRow next, Action<bool> known)
    {
        var bytes = DataStream.OpenFile(file);
        Stream stream = bytes;
        try
        {
            if (!bytes.CanSeek) throw new SourceException("it is a pipe or a device", "a file", "write it to a file first");
            var start = new byte[4];
            var length = DataStream.ReadStart(bytes, start);
            if (start.AsSpan(0, length).SequenceEqual("PAR1"u8))
            {
                known(false);
                foreach (var row in ParquetRows.Read(bytes, next)) yield return row;
                yield break;
            }
            stream = DataStream.Unpack(bytes, start.AsSpan(0, length));
            var kind = DataFiles.Kind(file);
            if (kind == ".parquet") throw new SourceException("its first bytes are not those of Parquet", "Parquet data in a file of this name", "rename it or fetch it again");
            foreach (var row in Text(stream, kind, next, known)) yield return row;
        }
        finally
        {
            stream.Dispose();
        }
    }

    private static IEnumerable<RawRow> Text(Stream stream, string kind, NextRow next, Action<bool> known)
    {
        // Data that is damaged from the start is so in line 1.
        known(true);
        if (kind is ".csv" or ".tsv")
            return CsvRows.Read(stream, kind == ".tsv" ? '\t' : ',', next);
        var window = new ByteWindow(stream);
        while (window.Bytes.Length < ByteOrderMark.Length && window.More())
        {
        }
        if (window.Bytes.Span.StartsWith(ByteOrderMark)) window.Skip(ByteOrderMark.Length);
        var array = window.Bytes.Span.TrimStart(" \t\r\n"u8) is [(byte)'[', ..];
        if (array) known(false);
        return array ? JsonArray.Read(window, next) : JsonLines.Read(window, next);
    }
}
