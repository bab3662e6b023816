using System.Text;
using CsCheck;
using Sera.Model.Data;
using Sera.Model.Data.Conversion;
using Sera.Model.Data.Previews;
using Sera.Model.Data.Sources;
using Xunit;

namespace Sera.Model.Tests.Data;

/// <summary>Who looks for a row in an editor must find it where an error says that it is.</summary>
public sealed class RowPlacesTests : IDisposable
{
    private const string Good = """{"prompt":"p","chosen":"c","rejected":"r"}""";

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_bad_row_behind_blank_lines_is_named_by_its_line_everywhere()
    {
        var path = _folder.Write("a.jsonl", "", Good, "", " \t", "\r", "{", "");
        Named(path, 6);
    }

    [Fact]
    public void A_bad_row_of_CSV_behind_rows_of_several_lines_is_named_by_the_line_that_it_begins_in()
    {
        var path = _folder.Write("a.csv", "prompt,chosen,rejected", "\"a\n\nb\",c,r", "", "\"a\r\nb\rc\",c,r", "  ", "\"two\nlines\",too few", "p,c,r");
        Named(path, 10);
    }

    /// <summary>Trouble that ends the reading of a file is at the line that could not be read, too.</summary>
    [Fact]
    public void Trouble_with_a_file_behind_blank_lines_and_rows_of_several_lines_is_named_by_its_line()
    {
        var tooLong = new string('x', RawRow.MaxBytes + 1);
        File.WriteAllText(_folder.PathOf("a.jsonl"), $"\n{Good}\n\n\n{tooLong}");
        Refused("a.jsonl", "a.jsonl:5: a row of more than");
        File.WriteAllText(_folder.PathOf("b.csv"), $"prompt,chosen,rejected\n\"a\n\nb\",c,r\n\n\n\"{tooLong}");
        Refused("b.csv", "b.csv:7: a row of more than");
        Directory.CreateDirectory(_folder.PathOf("d"));
        File.WriteAllText(_folder.PathOf("d/a.jsonl"), $"\n\n{Good}\n\n\n");
        File.WriteAllText(_folder.PathOf("d/b.jsonl"), $"\n\n\n{tooLong}");
        Refused("d", "b.jsonl:4: a row of more than");
    }

    [Fact]
    public void Bytes_of_CSV_that_are_no_UTF_8_make_bad_rows_and_leave_the_others()
    {
        byte[] bad = [.. "prompt,chosen,rejected\n\"a\n\nb\",c,r\n\n"u8, 0xE9, .. ",c,r\nü,c,r\n\"x\n"u8, 0xE4, 0xBD, .. "\",c,r\nz,c,r"u8, 0xC3];
        var read = RowReader.Any(_folder.Write("a.csv", bad));
        Assert.Equal([(6, BadRowReasons.NotUtf8), (8, BadRowReasons.NotUtf8), (10, BadRowReasons.NotUtf8)], read.Problems.Select(problem => (problem.Line, problem.Reason)));
        Assert.Equal(["a\n\nb", "ü"], read.Rows.Select(row => row.Prompt));
        _folder.Write("b.csv", [.. "prompt,chosen,r"u8, 0xE9, .. "\np,c,r"u8]);
        Refused("b.csv", "b.csv:1: bytes in the header");
    }

    [Fact]
    public void Bad_bytes_are_found_in_their_lines_however_a_stream_is_cut() =>
        Gen.Select(Gen.Int[0, 6].Select(i => ((string[])["a", "\n", "\r", "\r\n", "é", "佽", "😀"])[i]).Array[0, 20], Gen.Byte[0x80, 0xFF].Array[1, 3], Gen.Int[0, 20], Gen.Int[4, 9]).Sample((parts, bad, at, cut) =>
        {
            var before = string.Concat(parts.Take(at));
            byte[] bytes = [.. Encoding.UTF8.GetBytes(before), .. bad, .. "."u8, .. Encoding.UTF8.GetBytes(string.Concat(parts.Skip(at)))];
            var lines = new Utf8Lines(new MemoryStream(bytes));
            var (read, buffer) = (new List<byte>(), new byte[cut]);
            while (lines.Read(buffer.AsSpan()) is > 0 and var length) read.AddRange(buffer[..length]);
            var isBad = !bytes.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes)));
            var line = 1 + before.ReplaceLineEndings("\n").Count(c => c == '\n');
            Assert.False(lines.BadBefore(line));
            Assert.Equal(isBad, lines.BadBefore(line + 1));
            Assert.Equal(bytes.Length, read.Count);
            Encoding.UTF8.GetString([.. read]);
            Assert.Equal(isBad, !read.SequenceEqual(bytes));
        });

    [Fact]
    public void Blank_lines_of_CSV_are_passed_over_in_little_memory_and_refused_where_they_do_not_end()
    {
        var many = "prompt,chosen,rejected\n" + new string('\n', 500_000) + "p,c,r\n" + string.Concat(Enumerable.Repeat("   \r\n", 500_000)) + "q,c,r\n";
        File.WriteAllText(_folder.PathOf("a.csv"), many);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal([500_002, 1_000_003], RowReader.Any(_folder.PathOf("a.csv")).Rows.Select(row => row.Line));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 5_000_000);
        _folder.Write("b.csv.gz", ScratchFolder.Gzip(many + new string('\n', 3_000_000)));
        Refused("b.csv.gz", "blank lines");
    }

    private void Named(string path, int line)
    {
        var place = $"{path}:{line}";
        var tokenizer = new ByteTokenizer();
        Assert.StartsWith(place + ": ", Assert.Throws<InputException>(() => RowReader.Pairs(path, BadRows.Refuse)).Message, StringComparison.Ordinal);
        Assert.StartsWith(place + ": ", Assert.Throws<InputException>(() => RowConversion.Convert(path, _folder.PathOf("out.jsonl"), BadRows.Refuse)).Message, StringComparison.Ordinal);
        var problem = Assert.Single(Inspector.Inspect(path, null, null).Problems);
        Assert.Equal((place, place), (problem.Place?.ToString(), problem.Message.Split(": ")[0]));
        var options = new DataOptions(path, HeldOut: 0, OnBadRow: BadRows.Drop);
        Assert.Equal(place, Assert.Single(DataPreparation.Prepare(options, 1, tokenizer, 64, 259).Dropped).First.ToString());
        Assert.Contains(place, new Previewer(tokenizer, 64, 259).First(options, 10).Rows.Select(row => row.Where));
    }

    private void Refused(string name, string found) =>
        Assert.Contains(found, Assert.Throws<InputException>(() => RowReader.Pairs(_folder.PathOf(name), BadRows.Refuse)).Message, StringComparison.Ordinal);
}
