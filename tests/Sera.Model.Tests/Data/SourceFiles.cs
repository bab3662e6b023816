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

    public static string Parquet(string path, string[][] rows, int rowGroup)
    {
        var schema = new ParquetSchema(rows[0].Select(name => new DataField<string>(name)));
        var values = rows.Skip(1).Select(row => rows[0].Zip(row).ToDictionary(cell => cell.First, object? (cell) => cell.Second));
        using var file = File.Create(path);
        ParquetSerializer.SerializeUntypedAsync([.. values], schema, file, new ParquetOptions { RowGroupSize = rowGroup }).GetAwaiter().GetResult();
        return path;
    }
}
