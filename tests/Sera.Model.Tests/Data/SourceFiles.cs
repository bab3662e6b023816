using System.Text;
using Parquet;
using Parquet.Schema;
using Parquet.Serialization;
using ZstdSharp;

namespace Sera.Model.Tests.Data;

/// <summary>Files of rows in formats that tests do not write by hand. The first row names the columns.</summary>
internal static class SourceFiles
{
    public static byte[] Zstd(string text)
    {
        using var stream = new MemoryStream();
        using (var zstd = new CompressionStream(stream)) zstd.Write(Encoding.UTF8.GetBytes(text));
        return stream.ToArray();
    }

    public static string Csv(string[][] rows) =>
        string.Concat(rows.Select(row => string.Join(',', row.Select(cell => $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")) + "\r\n"));

    /// <param name="repeated">A column whose texts the file holds once each.</param>
    public static string Parquet(string path, string[][] rows, int rowGroup, string? repeated = null)
    {
        var schema = new ParquetSchema(rows[0].Select(name => new DataField<string>(name)));
        var values = rows.Skip(1).Select(row => rows[0].Zip(row).ToDictionary(cell => cell.First, object? (cell) => cell.Second));
        var options = new ParquetOptions { RowGroupSize = rowGroup };
        if (repeated is not null) options.ColumnEncodingHints[repeated] = EncodingHint.Dictionary;
        using var file = File.Create(path);
        ParquetSerializer.SerializeUntypedAsync([.. values], schema, file, options).GetAwaiter().GetResult();
        return path;
    }

    /// <summary>Rows of any shape, lists and structs included.</summary>
    public static string Parquet<T>(string path, params T[] rows)
        where T : class, new()
    {
        using var file = File.Create(path);
        ParquetSerializer.SerializeAsync(rows, file).GetAwaiter().GetResult();
        return path;
    }
}
