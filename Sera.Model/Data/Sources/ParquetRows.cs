using Parquet;
using Parquet.Meta;
using Parquet.Serialization;

namespace Sera.Model.Data.Sources;

/// <summary>Rows of a Parquet file; a row group is in memory at a time.</summary>
internal static class ParquetRows
{
    /// <summary>Bytes of a row group, unpacked; what it becomes in memory is about three times as much.</summary>
    private const long MostBytes = 1L << 28;

    /// <summary>Values of a row group: cells, and items of lists. Each has a place of its own in memory, and none in the file where all are alike.</summary>
    private const long MostValues = 1L << 24;

    // Repeated values are packed without limit, so bytes alone bound nothing.
    private const long MostRows = 1L << 21;

    private const string Remedy = "fetch or make the file again";

    // Rows with one text then share it; otherwise each gets a copy of what a dictionary holds once.
    static ParquetRows() => (ParquetOptions.PreferUntypedString, ParquetOptions.PreferUntypedByteArray) = (false, false);

    /// <exception cref="SourceException">It is damaged, cut short, or a row group is too large.</exception>
    public static IEnumerable<RawRow> Read(FileStream file, NextRow next)
    {
        var footer = Checked(file, () => Task.FromResult(ParquetFooter.Read(file)));
        var groups = Groups(file, footer);
        if (footer.Groups != groups.Count) throw new SourceException($"a footer of {footer.Groups} row groups, or {groups.Count}", "a whole Parquet file", Remedy);
        using var json = new RowJsonText();
        for (var i = 0; i < groups.Count; i++)
        {
            foreach (var fields in Rows(file, footer, i, groups[i].NumRows))
            {
                yield return new RawRow(next.Number, json.Write(to =>
                {
                    foreach (var (name, value) in fields)
                    {
                        to.WritePropertyName(name);
                        json.Value(value);
                    }
                }));
                next.Number++;
            }
        }
    }

    private static List<RowGroup> Groups(FileStream file, ParquetFooter footer)
    {
        var groups = Checked(file, async () =>
        {
            await using var reader = await ParquetReader.CreateAsync(new ParquetGroup(file, footer.Start, footer.Whole()), leaveStreamOpen: true).ConfigureAwait(false);
            return reader.Metadata!.RowGroups;
        });
        foreach (var group in groups)
        {
            var bytes = Claimed(group, column => column.TotalUncompressedSize, MostBytes);
            var values = Math.Max(Claimed(group, column => column.NumValues, MostValues), Math.Clamp(group.NumRows, 0, MostRows) * group.Columns.Count);
            if (group.NumRows is < 0 or > MostRows || bytes > MostBytes || values > MostValues)
            {
                throw new SourceException(
                    $"a row group of {group.NumRows} rows, {values} values and {bytes} bytes or more",
                    $"at most {MostRows} rows, {MostValues} values and {MostBytes} bytes, since a row group is read as a whole",
                    "write the file with smaller row groups (pyarrow: row_group_size=10000)");
            }
        }
        return groups;
    }

    // What a footer says may be anything: a sum of it must not overflow, and what is less than nothing is as bad as too much.
    private static long Claimed(RowGroup group, Func<ColumnMetaData, long> of, long most)
    {
        var sum = 0L;
        foreach (var column in group.Columns) sum += column.MetaData is { } meta && of(meta) is >= 0 and var claimed ? Math.Min(claimed, most + 1) : most + 1;
        return sum;
    }

    private static List<Dictionary<string, object>> Rows(FileStream file, ParquetFooter footer, int group, long count)
    {
        var rows = Checked(file, async () =>
        {
            using var whole = new ParquetGroup(file, footer.Start, footer.Of(group));
            return (await ParquetSerializer.DeserializeUntypedAsync(whole, null, 0).ConfigureAwait(false)).Data;
        });
        if (rows.Count == count) return [.. rows];
        throw new SourceException($"row group {group + 1} has {rows.Count} rows", $"{count}, as the file says", Remedy);
    }

    // The library throws whatever the bytes lead it to.
    private static T Checked<T>(FileStream file, Func<Task<T>> read)
    {
        try
        {
            return read().GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not SourceException)
        {
            var what = e.InnerException is { } inner ? $"{e.Message}: {inner.Message}" : e.Message;
            throw new SourceException(
                $"the Parquet data cannot be read ({what.ReplaceLineEndings(" ").TrimEnd('.')}; {file.Length} bytes)",
                "a whole Parquet file of columns of texts, numbers, lists and structs, with pages of version 1",
                "fetch or make the file again, without columns of other kinds (pyarrow: data_page_version='1.0')");
        }
    }
}
