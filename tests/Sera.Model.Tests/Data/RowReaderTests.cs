using System.Text;
using Sera.Model.Data;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class RowReaderTests : IDisposable
{
    private const string Good = """{"prompt":"p","chosen":"c","rejected":"r"}""";

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pairs_are_read_with_and_without_id_and_flipped_and_other_columns_are_ignored()
    {
        var path = _folder.Write(
            "pairs.jsonl", """{"id":"a","prompt":"p","chosen":"c","rejected":"r","flipped":true,"rank":[1,{}]}""", """{"rejected":"R","chosen":"C","prompt":"P","id":null}""",
            """{"id":7,"prompt":"p","chosen":"c","rejected":"r","flipped":null}""");
        var texts = RowReader.Pairs(path, BadRows.Refuse);
        Assert.Equal([new TextPair(1, "a", "p", "c", "r", true), new TextPair(2, "line-2", "P", "C", "R", null), new TextPair(3, "7", "p", "c", "r", null)], texts.Rows.ToArray());
        Assert.Equal($"{path}: 3 preference pairs (prompt, chosen, rejected)", texts.Announcement);
    }

    [Fact]
    public void Lines_end_at_line_feeds_only()
    {
        var text = "{\"prompt\":\"a\u2028b\u2029c\u0085\",\"chosen\":\"c\u2028\",\"rejected\":\"r\"}";
        var row = Assert.Single(RowReader.Pairs(_folder.Write("a.jsonl", text), BadRows.Refuse).Rows);
        Assert.Equal("a\u2028b\u2029c\u0085", row.Prompt);
    }

    [Fact]
    public void Carriage_returns_a_byte_order_mark_blank_lines_and_a_missing_last_line_feed_are_passed_over()
    {
        var path = _folder.Write("a.jsonl", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes($"{Good}\r\n\r\n \n{Good}")]);
        Assert.Equal([1, 4], RowReader.Pairs(path, BadRows.Refuse).Rows.Select(row => row.Line));
    }

    [Fact]
    public void Gzip_is_told_by_its_first_bytes_and_long_lines_cross_buffers()
    {
        var lines = string.Concat(Enumerable.Range(1, 40).Select(n => $$"""{"prompt":"{{new string('x', n * 5003)}}","chosen":"c","rejected":"r"}""" + "\n"));
        var plain = RowReader.Pairs(_folder.Write("a.jsonl", Encoding.UTF8.GetBytes(lines)), BadRows.Refuse).Rows;
        var packed = RowReader.Pairs(_folder.Write("b.jsonl", ScratchFolder.Gzip(lines)), BadRows.Refuse).Rows;
        Assert.Equal(Enumerable.Range(1, 40).Select(n => n * 5003), plain.Select(row => row.Prompt.Length));
        Assert.Equal(plain.ToArray(), packed.ToArray());
    }

    [Fact]
    public void Prompts_examples_and_evaluation_rows_are_read()
    {
        var prompt = Assert.Single(RowReader.Prompts(_folder.Write("a.jsonl", """{"prompt":"p","chosen":1}"""), BadRows.Refuse).Rows);
        Assert.Equal(new TextPrompt(1, "line-1", "p"), prompt);
        var example = Assert.Single(RowReader.Examples(_folder.Write("b.jsonl", """{"prompt":"p","response":" r"}"""), BadRows.Refuse).Rows);
        Assert.Equal(new TextExample(1, "line-1", "p", " r"), example);
        var path = _folder.Write("c.jsonl", """{"prompt":"p","id":"e","check":{"kind":"list","answers":["a","b"],"count":2}}""");
        var check = Assert.Single(RowReader.Evaluation(path, BadRows.Refuse).Rows).Check;
        Assert.Equal(("list", "a b", 2), (check.Kind, string.Join(' ', check.Answers), check.Count));
    }

    [Theory]
    [InlineData("""{"prompt":"p","chosen":"c" "rejected":"r"}""", BadRowReasons.BrokenJson, "broken JSON at column 28")]
    [InlineData("""{"prompt":"é","chosen":"c" "rejected":"r"}""", BadRowReasons.BrokenJson, "broken JSON at column 28")]
    [InlineData("""{"prompt":"p","chosen":"c","rejected":"r" """, BadRowReasons.BrokenJson, "broken JSON")]
    [InlineData("""{"prompt":"p","chosen":"c","chosen":"d","rejected":"r"}""", BadRowReasons.BrokenJson, "broken JSON")]
    [InlineData("""{"prompt":"p","chosen":"\ud800","rejected":"r"}""", BadRowReasons.BrokenJson, "surrogate")]
    [InlineData("""["p","c","r"]""", BadRowReasons.WrongType, "no object")]
    [InlineData("""{"prompt":"p","chosen":true,"rejected":"r"}""", BadRowReasons.WrongType, "'chosen' is a boolean (true)")]
    [InlineData("""{"prompt":"p","chosen":"c","rejected":3.5}""", BadRowReasons.WrongType, "'rejected' is a number (3.5)")]
    [InlineData("""{"prompt":[{"role":"user"}],"chosen":"c","rejected":"r"}""", BadRowReasons.WrongType, "'prompt' is a list")]
    [InlineData("""{"prompt":null,"chosen":"c","rejected":"r"}""", BadRowReasons.WrongType, "'prompt' is null")]
    [InlineData("""{"prompt":"p","chosen":"c","rejected":"r","flipped":"yes"}""", BadRowReasons.WrongType, "'flipped' is a string")]
    [InlineData("""{"prompt":"p","chosen":"c","rejected":"r","chosen_win_rate":"most"}""", BadRowReasons.WrongType, "'chosen_win_rate' is a string")]
    [InlineData("""{"prompt":"p","chosen":"c","rejected":"r","chosen_win_rate":1.0}""", BadRowReasons.BadWinRate, "'chosen_win_rate' is 1.0")]
    [InlineData("""{"prompt":"p","chosen":"c"}""", BadRowReasons.MissingField, "no field 'rejected' (the row has: prompt, chosen)")]
    [InlineData("""{}""", BadRowReasons.MissingField, "no field 'chosen' (the row has: nothing)")]
    [InlineData("""{"prompt":"p","chosen":"","rejected":"r"}""", BadRowReasons.EmptyResponse, "'chosen' is empty")]
    [InlineData("""{"prompt":"p","chosen":"c","rejected":" \n"}""", BadRowReasons.EmptyResponse, "'rejected' is empty")]
    [InlineData("""{"prompt":"","chosen":"c","rejected":"r"}""", BadRowReasons.EmptyPrompt, "'prompt' is empty")]
    [InlineData("""{"prompt":"p","chosen":"c","rejected":"c"}""", BadRowReasons.Identical, "chosen equals rejected")]
    [InlineData("""{"id":"line-1","prompt":"p","chosen":"c","rejected":"r"}""", BadRowReasons.DuplicateId, "the id 'line-1' stands already in line 1")]
    public void A_bad_row_is_refused_with_its_line_or_dropped_with_its_reason(string line, string reason, string found)
    {
        var path = _folder.Write("pairs.jsonl", Good, "", line, Good);
        var error = Assert.Throws<InputException>(() => RowReader.Pairs(path, BadRows.Refuse));
        Assert.StartsWith($"{path}:3: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        Assert.Contains("data.on-bad-row", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);

        var texts = RowReader.Pairs(path, BadRows.Drop);
        Assert.Equal([1, 4], texts.Rows.Select(row => row.Line));
        var problem = Assert.Single(texts.Problems);
        Assert.Equal((3, reason, error.Message), (problem.Line, problem.Reason, problem.Message));
        Assert.EndsWith($"1 rows left out ({reason} 1)", texts.Announcement, StringComparison.Ordinal);
    }

    [Fact]
    public void A_transcript_without_common_prompt_or_response_is_refused_with_its_line()
    {
        const string Whole = """{"chosen":"\n\nHuman: a\n\nAssistant: b","rejected":"\n\nHuman: a\n\nAssistant: c"}""";
        Refused(_folder.Write("a.jsonl", Whole, """{"chosen":"\n\nHuman: a\n\nAssistant: b","rejected":"\n\nHuman: b\n\nAssistant: c"}"""), 2, "do not share a beginning");
        Refused(_folder.Write("b.jsonl", Whole, """{"chosen":"\n\nHuman: a\n\nAssistant:","rejected":"\n\nHuman: a\n\nAssistant: c"}"""), 2, "'chosen' is empty");
        Refused(_folder.Write("c.jsonl", Whole, Good), 2, "a row with 'prompt' in a file of transcripts");
        Refused(_folder.Write("d.jsonl", Whole, """{"chosen":"\n\nHuman: a\n\nAssistant: b","rejected":"\n\nHuman: a\n\nAssistant: b"}"""), 2, "chosen equals rejected");
        Refused(_folder.Write("e.jsonl", """{"chosen":"b","rejected":"c"}"""), 1, "do not share a beginning");
    }

    [Fact]
    public void A_transcript_is_split_after_the_last_marker_that_both_share()
    {
        var path = _folder.Write("a.jsonl", """
            {"chosen":"\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: yes\n\nHuman: d\n\nAssistant: e","rejected":"\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: no"}
            """);
        var row = Assert.Single(RowReader.Pairs(path, BadRows.Refuse).Rows);
        Assert.Equal("\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:", row.Prompt);
        Assert.Equal(" yes\n\nHuman: d\n\nAssistant: e", row.Chosen);
        Assert.Equal(" no", row.Rejected);
    }

    [Fact]
    public void Files_that_are_no_files_of_rows_are_refused()
    {
        Refused(_folder.PathOf("none.jsonl"), null, "no such file");
        Refused(_folder.PathOf(Path.Combine("no", "none.jsonl")), null, "no such file");
        Refused(_folder.PathOf("."), null, "a folder");
        Refused(_folder.Write("empty.jsonl", Array.Empty<byte>()), null, "no rows");
        Refused(_folder.Write("blank.jsonl", "", " "), null, "no rows");
        Refused(_folder.Write("named.jsonl.gz", Good), null, "not those of gzip");
        Refused(_folder.Write("latin.jsonl", [.. Encoding.UTF8.GetBytes(Good + "\n{\"prompt\":\"caf"), 0xE9, .. "\"}\n"u8]), 2, "not UTF-8 (column 15)");
        Refused(_folder.Write("wide.jsonl", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Good)]), 1, "UTF-16");
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.98)]
    [InlineData(0.9999)]
    public void Gzip_data_cut_short_is_refused_even_by_its_last_byte(double part)
    {
        var bytes = ScratchFolder.Gzip(string.Concat(Enumerable.Range(0, 3000).Select(n => $$"""{"prompt":"p{{n * 7919 % 1000}}","chosen":"c{{n}}","rejected":"r"}""" + "\n")));
        var path = _folder.Write("a.jsonl.gz", bytes[..Math.Min(bytes.Length - 1, (int)(bytes.Length * part))]);
        var error = Assert.Throws<InputException>(() => RowReader.Pairs(path, BadRows.Drop));
        Assert.Contains("cut short or damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gzip_members_one_after_another_are_one_file_and_damage_is_refused()
    {
        var bytes = ScratchFolder.Gzip(Good + "\n");
        Assert.Equal(2, RowReader.Pairs(_folder.Write("a.jsonl.gz", [.. bytes, .. bytes]), BadRows.Refuse).Rows.Length);
        bytes[^5] ^= 1;
        Refused(_folder.Write("b.jsonl.gz", bytes), 1, "cut short or damaged");
    }

    [Fact]
    public void A_bad_check_is_refused_with_its_line()
    {
        string Row(string check) => $$"""{"prompt":"p","check":{{check}}}""";
        foreach (var (check, found) in ((string, string)[])[
            ("""{"kind":"regex","answers":["a"]}""", "'regex'"), ("""{"kind":"exact","answers":[]}""", "without answers"), ("""{"kind":"exact","answers":[1]}""", "'answers[0]' is a number"),
            ("""{"kind":"list","answers":["a"],"count":2}""", "count 2"), ("""{"kind":"exact","answers":"a"}""", "'answers' is a string"), ("\"a\"", "'check' is a string")])
        {
            var path = _folder.Write("eval.jsonl", Row("""{"kind":"any","answers":["a"]}"""), Row(check));
            var error = Assert.Throws<InputException>(() => RowReader.Evaluation(path, BadRows.Refuse));
            Assert.StartsWith($"{path}:2: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(found, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Validation_names_every_bad_row_and_goes_on_to_the_end()
    {
        var path = _folder.Write("a.jsonl", """{"prompt":"p","response":"r"}""", "{", """{"prompt":"p","response":true}""", """{"prompt":"p"}""", """{"prompt":"q","response":"r"}""");
        var texts = RowReader.Any(path);
        Assert.Equal(RowShape.Examples, texts.Shape);
        Assert.Equal([1, 5], texts.Rows.Select(row => row.Line));
        Assert.Equal(
            [(2, BadRowReasons.BrokenJson), (3, BadRowReasons.WrongType), (4, BadRowReasons.MissingField)], texts.Problems.Select(problem => (problem.Line, problem.Reason)));
        Assert.Equal(BadRowReasons.File, Assert.Single(RowReader.Any(_folder.PathOf("none.jsonl")).Problems).Reason);
    }

    private static void Refused(string path, int? line, string found)
    {
        var error = Assert.Throws<InputException>(() => RowReader.Pairs(path, BadRows.Refuse));
        Assert.StartsWith(line is null ? $"{path}: " : $"{path}:{line}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
