using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Sera.Model.Data;
using Sera.Model.Data.Sources;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class ParquetFooterTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Four times the row groups cost four times as much, not sixteen times, as where each reads the footer with all others.</summary>
    [Fact]
    public void The_cost_of_a_row_group_does_not_depend_on_how_many_there_are()
    {
        var (few, many) = (Allocated(300), Allocated(1200));
        Assert.InRange((double)many / few, 1, 6);

        long Allocated(int groups)
        {
            var path = SourceFiles.Parquet(_folder.PathOf("a.parquet"), [["prompt"], .. Enumerable.Range(0, groups).Select(i => new[] { $"p{i}" })], rowGroup: 1);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var rows = FileRows.Read(new RowOrigin(path)).Select(row => (row.Number, Encoding.UTF8.GetString(row.Json.Span))).ToList();
            Assert.Equal(Enumerable.Range(0, groups).Select(i => (i + 1, $$"""{"prompt":"p{{i}}"}""")), rows);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    /// <summary>A reader that goes down level by level would end the program: no exception is thrown where a stack ends.</summary>
    [Theory]
    [InlineData(65)]
    [InlineData(10_000)]
    [InlineData(1_000_000)]
    public void A_schema_nested_without_measure_is_refused(int levels)
    {
        var element = (byte[])[0x35, 0x02, 0x18, 0x01, (byte)'a', 0x15, 0x02, 0x00];
        var path = File([0x15, 0x02, 0x19, .. Items(levels + 1), .. Enumerable.Repeat(element, levels).SelectMany(bytes => bytes), 0x15, 0x0C, 0x25, 0x02, 0x18, 0x01, (byte)'a', 0x00, 0x16, 0x00, 0x19, 0x0C, 0x00]);
        Refused(path, "a schema of ");
    }

    /// <summary>Structs of a field that nobody knows are passed over, which goes as deep as they do.</summary>
    [Fact]
    public void Structs_within_structs_are_refused() =>
        Refused(File([0x15, 0x02, .. Enumerable.Repeat((byte)0xFC, 1), .. Enumerable.Repeat((byte)0x1C, 1_000_000)]), "structs within structs");

    [Theory]
    [InlineData(new byte[] { 0x15, 0x02, 0x1C, 0x00, 0x00 })]
    [InlineData(new byte[] { 0x15, 0x02, 0x19, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x00 })]
    [InlineData(new byte[] { 0x15, 0x02, 0x19, 0x15, 0x00, 0x00 })]
    [InlineData(new byte[] { 0x19 })]
    // With this one the library would read for ever.
    [InlineData(new byte[] { 0x15, 0x02, 0x19, 0x0F, 0x30, 0xF1, 0xB7, 0x59, 0xFC, 0x67, 0x09, 0x85, 0xA8, 0x0E, 0x09, 0xFE, 0xFE, 0x95, 0xA9, 0x5A, 0xC0, 0xEC, 0x42, 0xC9, 0x5C, 0x7F })]
    [InlineData(new byte[] { })]
    public void A_footer_that_is_none_is_refused(byte[] footer) => Refused(File(footer), "the Parquet data cannot be read");

    [Fact]
    public void Any_bytes_as_a_footer_are_refused_in_a_line() => Gen.Byte.Array[0, 60].Sample(footer => Refused(File([0x15, 0x02, 0x19, .. footer]), ""), threads: 1, iter: 2000);

    private static byte[] Items(int count)
    {
        var header = new List<byte> { 0xFC };
        for (; count >= 0x80; count >>= 7) header.Add((byte)(count | 0x80));
        return [.. header, (byte)count];
    }

    private string File(byte[] footer)
    {
        var tail = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(tail, footer.Length);
        return _folder.Write("a.parquet", [.. "PAR1"u8, .. footer, .. tail, .. "PAR1"u8]);
    }

    private static void Refused(string path, string found)
    {
        var problem = RowReader.Any(path).Problems[^1];
        Assert.Equal(BadRowReasons.File, problem.Reason);
        Assert.Contains(found, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.Message);
    }
}
