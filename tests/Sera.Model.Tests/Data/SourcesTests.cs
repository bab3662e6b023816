using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CsCheck;
using Sera.Model.Data;
using Sera.Model.Data.Sources;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class SourcesTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_same_rows_come_out_of_every_format()
    {
        string[] lines = [.. Enumerable.Range(1, 300).Select(Line)];
        var expected = Texts(_folder.Write("a.jsonl", lines));
        Assert.Equal(300, expected.Length);
        var text = string.Join('\n', lines);
        var array = $"\n [{string.Join(",\n", lines)}]\n";
        Assert.Equal(expected, Texts(_folder.Write("b.json", Encoding.UTF8.GetBytes(array))));
        Assert.Equal(expected, Texts(_folder.Write("c.json.gz", ScratchFolder.Gzip(array))));
        Assert.Equal(expected, Texts(_folder.Write("d.jsonl.zst", SourceFiles.Zstd(text))));
        Assert.Equal(expected, Texts(_folder.Write("e.json.zst", SourceFiles.Zstd(array))));
        var csv = SourceFiles.Csv(Rows(lines));
        Assert.Equal(expected, Texts(_folder.Write("f.csv", Encoding.UTF8.GetBytes(csv))));
        Assert.Equal(expected, Texts(_folder.Write("g.csv.gz", ScratchFolder.Gzip("\uFEFF" + csv.Replace("\r\n", "\n", StringComparison.Ordinal)))));
        Assert.Equal(expected, Texts(SourceFiles.Parquet(_folder.PathOf("h.parquet"), Rows(lines), rowGroup: 100)));
    }

    [Fact]
    public void Any_texts_survive_json_arrays_csv_and_parquet() =>
        Gen.Select(Gen.String, Gen.String, Gen.String).Where(t => Usable(t.Item1) && Usable(t.Item2) && Usable(t.Item3) && t.Item2 != t.Item3).Array[1, 8].Sample(
            texts =>
            {
                string[][] rows = [["prompt", "chosen", "rejected"], .. texts.Select(t => new[] { t.Item1, t.Item2, t.Item3 })];
                var json = JsonSerializer.Serialize(texts.Select(t => new { prompt = t.Item1, chosen = t.Item2, rejected = t.Item3 }));
                var expected = texts.Select(t => (t.Item1, t.Item2, t.Item3)).ToArray();
                Assert.Equal(expected, Texts(_folder.Write("a.json", Encoding.UTF8.GetBytes(json))));
                Assert.Equal(expected, Texts(_folder.Write("a.csv", Encoding.UTF8.GetBytes(SourceFiles.Csv(rows)))));
                Assert.Equal(expected, Texts(SourceFiles.Parquet(_folder.PathOf("a.parquet"), rows, rowGroup: 3)));
            },
            iter: 60,
            threads: 1);

    [Fact]
    public void A_folder_is_its_data_files_in_name_order_and_a_glob_those_that_match()
    {
        foreach (var name in (string[])["d/b.jsonl", "d/a.csv", "d/.hidden.jsonl", "d/README.md", "d/dataset_info.json", "d/deep/c.jsonl", "e/b.jsonl"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.PathOf(name))!);
            _folder.Write(name, name.EndsWith(".csv", StringComparison.Ordinal) ? "prompt,chosen,rejected\na,b,c" : $$"""{"prompt":"{{name}}","chosen":"b","rejected":"c"}""");
        }
        Assert.Equal(["d/a.csv", "d/b.jsonl"], Names("d"));
        Assert.Equal(["d/b.jsonl"], Names("d/*.jsonl"));
        Assert.Equal(["d/b.jsonl", "e/b.jsonl"], Names("?/b.jsonl"));
        Assert.Equal(["d/a.csv", "d/b.jsonl", "d/deep/c.jsonl", "e/b.jsonl"], Names("**"));
        Assert.Equal(["d/b.jsonl", "d/deep/c.jsonl", "e/b.jsonl"], Names("**/*.jsonl"));
        Assert.Equal(["d/deep/c.jsonl"], Names("*/deep/*"));

        var rows = RowReader.Pairs(_folder.PathOf("d"), BadRows.Refuse);
        Assert.Equal([("line-2", "a"), ("line-3", "d/b.jsonl")], rows.Rows.Select(row => (row.Id, row.Prompt)));
        Assert.Equal([$"{_folder.PathOf("d/a.csv")}:2", $"{_folder.PathOf("d/b.jsonl")}:1"], rows.Rows.Select(row => rows.Origin.Place(row.Line).ToString()));
        foreach (var (path, found) in ((string, string)[])[("none/*.jsonl", "no file matches"), ("d/*.txt", "no file matches"), ("none", "no such file")])
            Assert.Contains(found, Assert.Throws<InputException>(() => RowReader.Pairs(_folder.PathOf(path), BadRows.Refuse)).Message, StringComparison.Ordinal);

        string[] Names(string path) => [.. DataFiles.Of(_folder.PathOf(path)).Select(file => Path.GetRelativePath(_folder.PathOf("."), file))];
    }

    [Fact]
    public void Errors_name_the_file_of_a_folder_and_the_row_where_there_is_no_line()
    {
        Directory.CreateDirectory(_folder.PathOf("d"));
        _folder.Write("d/a.jsonl", Line(1), Line(2));
        var array = _folder.Write("d/b.json", $"[{Line(3)},", """{"prompt":"p","chosen":"c","rejected":"c"}]""");
        Refused("d", $"{array}: row 2: chosen equals rejected");
        _folder.Write("d/b.json", $"[{Line(3)},", Line(1) + "]");
        Refused("d", $"{array}: row 2: the id '1' stands already in {_folder.PathOf("d/a.jsonl")}:1");
        SourceFiles.Parquet(_folder.PathOf("p.parquet"), [["prompt", "chosen", "rejected"], ["p", "c", "r"], ["q", "c", ""]], rowGroup: 1);
        Refused("p.parquet", $"{_folder.PathOf("p.parquet")}: row 2: the response of 'rejected' is empty");
        var dropped = DataPreparation.Prepare(new DataOptions(_folder.PathOf("p.parquet"), HeldOut: 0, OnBadRow: BadRows.Drop), 1, new ByteTokenizer(), 64, 259).Dropped;
        Assert.Equal($"{_folder.PathOf("p.parquet")}: row 2", Assert.Single(dropped).First.ToString());
    }

    [Fact]
    public void Rows_of_csv_that_are_none_are_named_by_their_line()
    {
        var path = _folder.Write("a.csv", "prompt,chosen,rejected,flipped,chosen_win_rate,id", "\"a", "b\",c,\"say \"\"x\"\"\",True,0.75,7", "", "too,few", "p,c,r,,,", "\"p,c,r,,,", "");
        var read = RowReader.Pairs(path, BadRows.Drop);
        Assert.Equal([new TextPair(2, "7", "a\nb", "c", "say \"x\"", true, 0.75), new TextPair(6, "line-6", "p", "c", "r", null)], read.Rows.ToArray());
        Assert.Equal([$"{path}:5: 2 cells", $"{path}:7: a quote that does not end"], read.Problems.Select(problem => problem.Message.Split(';')[0]));
        _folder.Write("b.csv", "prompt,prompt", "a,b");
        Refused("b.csv", "its header cannot be used");
        _folder.Write("c.csv", [.. "prompt,chosen,rejected\n"u8, 0xE9, .. ",b,c\n"u8]);
        Refused("c.csv", "not UTF-8");
    }

    [Fact]
    public void Json_arrays_that_are_broken_or_cut_short_are_refused_at_their_row()
    {
        var array = $"[{Line(1)},{Line(2)}]";
        foreach (var (text, found) in ((string, string)[])[
            (array[..^1], "row 3: broken JSON"), (array[..^20], "row 2: broken JSON"), ($"[{Line(1)} {Line(2)}]", "row 2: broken JSON"), (array + "x", "row 3: broken JSON"),
            ("[]", "it holds no rows"), ("[1]", "row 1: a JSON value that is no object"), ("[" + new string('[', 100), "row 1: broken JSON")])
        {
            _folder.Write("a.json", Encoding.UTF8.GetBytes(text));
            Refused("a.json", found);
        }
    }

    [Fact]
    public void Packed_data_cut_short_is_refused_wherever_it_is_cut()
    {
        var text = string.Join('\n', Enumerable.Range(1, 2000).Select(Line));
        var zstd = SourceFiles.Zstd(text);
        foreach (var part in (double[])[0.01, 0.5, 0.98, 0.9999])
        {
            _folder.Write("a.jsonl.zst", zstd[..Math.Min(zstd.Length - 1, (int)(zstd.Length * part))]);
            Refused("a.jsonl.zst", "the zstd data from here on is cut short or damaged");
        }
        _folder.Write("b.jsonl.zst", Line(1));
        Refused("b.jsonl.zst", "its first bytes are not those of zstd");
        _folder.Write("b.parquet", Line(1));
        Refused("b.parquet", "its first bytes are not those of Parquet");
    }

    [Fact]
    public void Damaged_parquet_is_refused_or_read_but_never_fails_otherwise()
    {
        var path = SourceFiles.Parquet(_folder.PathOf("a.parquet"), Rows([.. Enumerable.Range(1, 200).Select(Line)]), rowGroup: 100);
        var bytes = File.ReadAllBytes(path);
        Gen.Select(Gen.Int[4, bytes.Length - 1], Gen.Byte, Gen.Bool).Sample(
            (at, value, cut) =>
            {
                var damaged = cut ? bytes[..at] : [.. bytes[..at], value, .. bytes[(at + 1)..]];
                _folder.Write("b.parquet", damaged);
                var problems = RowReader.Any(_folder.PathOf("b.parquet")).Problems;
                Assert.True(!cut || problems[^1].Reason == BadRowReasons.File);
                Assert.All(problems, problem => Assert.DoesNotContain('\n', problem.Message));
            },
            iter: 300,
            threads: 1);
    }

    [Fact]
    public void A_line_that_a_bomb_unpacks_to_is_refused_early()
    {
        foreach (var (name, fill) in ((string, byte)[])[("a.jsonl.gz", (byte)'x'), ("b.json.gz", (byte)'['), ("c.csv.gz", (byte)'x'), ("d.jsonl.gz", (byte)'\n')])
        {
            using (var gzip = new GZipStream(File.Create(_folder.PathOf(name)), CompressionLevel.Fastest))
            {
                if (fill == '[') gzip.Write("[{\"prompt\":\""u8);
                var block = new byte[1 << 20];
                block.AsSpan().Fill(fill == '[' ? (byte)'y' : fill);
                for (var i = 0; i < 80; i++) gzip.Write(block);
            }
            Refused(name, fill == '\n' ? "blank lines" : "a row of more than");
        }
    }

    [SharedFact]
    public void Real_pairs_are_the_same_after_a_way_through_parquet_and_csv()
    {
        var texts = RowReader.Pairs(SharedData.PathOf("data", "pairs", "hh_harmless.jsonl"), BadRows.Refuse).Rows;
        string[][] rows = [["prompt", "chosen", "rejected"], .. texts.Select(row => new[] { row.Prompt, row.Chosen, row.Rejected })];
        var expected = texts.Select(row => (row.Prompt, row.Chosen, row.Rejected)).ToArray();
        Assert.Equal(expected, Texts(SourceFiles.Parquet(_folder.PathOf("a.parquet"), rows, rowGroup: 500)));
        Assert.Equal(expected, Texts(_folder.Write("a.csv", Encoding.UTF8.GetBytes(SourceFiles.Csv(rows)))));
    }

    private void Refused(string name, string found)
    {
        var error = Assert.Throws<InputException>(() => RowReader.Pairs(_folder.PathOf(name), BadRows.Refuse));
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    /// <summary>A byte order mark, as Excel writes it, does not make the reading lenient.</summary>
    [Fact]
    public void Bad_bytes_behind_a_byte_order_mark_are_bad_in_CSV_too()
    {
        byte[] mark = [0xEF, 0xBB, 0xBF];
        var good = _folder.Write("a.csv", [.. mark, .. "prompt,chosen,rejected\nü,c,r\n"u8]);
        Assert.Equal("ü", Assert.Single(RowReader.Pairs(good, BadRows.Refuse).Rows).Prompt);
        var bad = _folder.Write("b.csv", [.. mark, .. "prompt,chosen,rejected\n"u8, 0xE9, .. ",c,r\n"u8]);
        Assert.Throws<InputException>(() => RowReader.Pairs(bad, BadRows.Refuse));
    }

    /// <summary>Read as the beginning of a quoted part, one in the middle of a cell would join two rows to one of the right number of cells.</summary>
    [Fact]
    public void A_quote_within_a_CSV_cell_makes_a_bad_row_and_joins_none()
    {
        var lone = _folder.Write("a.csv", "prompt,chosen,rejected", "5\" screen,c,r", "7\" tablet,c2,r2");
        Assert.Contains("a.csv:2: a quote within a cell", Assert.Throws<InputException>(() => RowReader.Pairs(lone, BadRows.Refuse)).Message, StringComparison.Ordinal);
        var right = _folder.Write("b.csv", "prompt,chosen,rejected", "\"5\"\" screen\",\"\",r", "\"a\nb\",\"c,\"\"\"\",\"\",r");
        var rows = RowReader.Any(right);
        Assert.Equal(2, rows.Problems.Length + rows.Rows.Length);
        Assert.DoesNotContain(rows.Problems, problem => problem.Reason == BadRowReasons.BrokenCsv && problem.Line == 2);
        var header = _folder.Write("c.csv", "prompt,chosen,\"rejected", "p,c,r");
        Assert.Contains("a quote in the header", Assert.Throws<InputException>(() => RowReader.Pairs(header, BadRows.Refuse)).Message, StringComparison.Ordinal);
    }

    /// <summary>Rows that share a text of 100,000 letters cost a place each, not a copy each, though the file says nothing of that.</summary>
    [Fact]
    public void Texts_that_a_parquet_file_holds_once_are_held_once()
    {
        var text = new string('x', 100_000);
        var path = SourceFiles.Parquet(_folder.PathOf("a.parquet"), [["prompt", "chosen", "rejected"], .. Enumerable.Range(0, 2000).Select(i => new[] { text, $"c{i}", "r" })], rowGroup: 2000, repeated: "prompt");
        var before = GC.GetTotalAllocatedBytes();
        var rows = 0;
        foreach (var row in FileRows.Read(new RowOrigin(path))) rows += row.Json.Length > text.Length ? 1 : 0;
        Assert.Equal(2000, rows);
        Assert.True(GC.GetTotalAllocatedBytes() - before < 50_000_000, $"{GC.GetTotalAllocatedBytes() - before} bytes");
    }

    /// <summary>As UltraFeedback is published: lists of structs. Bytes that the file does not call text are none.</summary>
    [Fact]
    public void Lists_and_structs_of_parquet_are_read_and_bytes_are_no_text()
    {
        var path = SourceFiles.Parquet(_folder.PathOf("a.parquet"), new Scored
        {
            instruction = "I",
            completions = [new Completion { response = "a", overall_score = 2.5 }, new Completion { response = "b", overall_score = 7 }],
        });
        var pair = Assert.Single(RowReader.Pairs(path, BadRows.Refuse).Rows);
        Assert.Equal(("I", "b", "a"), (pair.Prompt, pair.Chosen, pair.Rejected));
        SourceFiles.Parquet(_folder.PathOf("b.parquet"), new Bytes { prompt = [1, 2, 3], chosen = "c", rejected = "r" });
        Refused("b.parquet", "'prompt' is an object");
    }

    /// <summary>A folder that leads back to itself is one folder.</summary>
    [Fact]
    public void Any_depth_follows_no_link_to_a_folder()
    {
        Directory.CreateDirectory(_folder.PathOf("d"));
        _folder.Write("d/a.jsonl", Line(1));
        Directory.CreateSymbolicLink(_folder.PathOf("d/loop"), _folder.PathOf("d"));
        Assert.Equal([_folder.PathOf("d/a.jsonl")], DataFiles.Of(_folder.PathOf("d/**")).ToArray());
    }

    private static (string, string, string)[] Texts(string path) => [.. RowReader.Pairs(path, BadRows.Refuse).Rows.Select(row => (row.Prompt, row.Chosen, row.Rejected))];

    private static string Line(int n) => $$"""{"id":"{{n}}","prompt":"p, \"{{n}}\"\n\u2028é{{new string('x', n * 7 % 300)}}","chosen":" c{{n}}","rejected":" r"}""";

    private static string[][] Rows(string[] lines) =>
    [
        ["id", "prompt", "chosen", "rejected"],
        .. lines.Select(line => JsonDocument.Parse(line).RootElement.EnumerateObject().Select(field => field.Value.GetString()!).ToArray()),
    ];

    private static bool Usable(string text) =>
        !string.IsNullOrWhiteSpace(text) && text.EnumerateRunes().All(rune => rune != Rune.ReplacementChar) && !text.Contains('\0', StringComparison.Ordinal);

    // Names as the columns have them.
#pragma warning disable IDE1006
    public sealed class Scored
    {
        public string instruction { get; set; } = "";

        public List<Completion> completions { get; set; } = [];
    }

    public sealed class Completion
    {
        public string response { get; set; } = "";

        public double overall_score { get; set; }
    }

    public sealed class Bytes
    {
        public byte[] prompt { get; set; } = [];

        public string chosen { get; set; } = "";

        public string rejected { get; set; } = "";
    }
#pragma warning restore IDE1006
}
