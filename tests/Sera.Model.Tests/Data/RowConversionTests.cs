using CsCheck;
using Sera.Model.Data;
using Sera.Model.Data.Conversion;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class RowConversionTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pairs_are_the_same_after_a_way_through_any_format_and_their_bytes_too() =>
        Gen.Select(Gen.String[Gen.Char[" abé\u2028\"\\\n"], 1, 9], Gen.Bool.Nullable(), Gen.Double[0.01, 0.99].Nullable()).Array[1, 6].Sample(
            texts =>
            {
                TextPair[] pairs = [.. texts.Select((t, i) => new TextPair(i + 1, $"{i}", "p" + t.Item1, "c" + t.Item1, "r" + t.Item1, t.Item2, t.Item3))];
                var path = _folder.Write("a.jsonl", [.. pairs.Select(pair => System.Text.Json.JsonSerializer.Serialize(
                    new { id = pair.Id, prompt = pair.Prompt, chosen = pair.Chosen, rejected = pair.Rejected, flipped = pair.Flipped, chosen_win_rate = pair.ChosenWinRate }))]);
                var first = Convert(path, "b.jsonl");
                Assert.Equal(pairs, RowReader.Pairs(first, BadRows.Refuse).Rows.ToArray());
                var at = first;
                foreach (var name in (string[])["c.parquet", "d.jsonl.gz", "e.jsonl.zst", "f.jsonl"])
                {
                    at = Convert(at, name);
                    Assert.Equal(pairs, RowReader.Pairs(at, BadRows.Refuse).Rows.ToArray());
                }
                Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(at));
            },
            iter: 30,
            threads: 1);

    [Fact]
    public void Other_shapes_are_converted_as_what_they_are()
    {
        var examples = Convert(_folder.Write("a.csv", "prompt,response", "p,r"), "b.parquet");
        Assert.Equal(new TextExample(1, "line-2", "p", "r"), Assert.Single(RowReader.Examples(examples, BadRows.Refuse).Rows));
        var prompts = Convert(_folder.Write("c.json", """[{"prompt":"p"}]"""), "d.parquet");
        Assert.Equal(new TextPrompt(1, "line-1", "p"), Assert.Single(RowReader.Prompts(prompts, BadRows.Refuse).Rows));
        var eval = _folder.Write("e.jsonl", """{"id":"e","prompt":"p","check":{"kind":"list","answers":["a","b"],"count":2}}""");
        Assert.Equal(File.ReadAllText(eval), File.ReadAllText(Convert(eval, "f.jsonl")));
        Assert.Contains("evaluation prompts", Assert.Throws<InputException>(() => Convert(eval, "g.parquet")).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.PathOf("g.parquet")));
    }

    [Fact]
    public void Bad_rows_are_refused_or_counted_and_nothing_is_written_where_nothing_is_left()
    {
        var path = _folder.Write("a.jsonl", """{"prompt":"p","chosen":"c","rejected":"r"}""", "{", """{"prompt":"p","chosen":"c","rejected":"c"}""");
        Assert.StartsWith($"{path}:2: broken JSON", Assert.Throws<InputException>(() => Convert(path, "b.jsonl")).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.PathOf("b.jsonl")));
        var made = RowConversion.Convert(path, _folder.PathOf("b.jsonl"), BadRows.Drop);
        Assert.Equal((1, 2), (made.Rows, made.LeftOut.Values.Sum()));
        Assert.EndsWith("1 preference pairs (prompt, chosen, rejected); 2 rows left out (broken-json 1, identical 1)", made.Announcement, StringComparison.Ordinal);
        var none = _folder.Write("c.jsonl", "{");
        Assert.Throws<InputException>(() => RowConversion.Convert(none, _folder.PathOf("d.jsonl"), BadRows.Drop));
        Assert.False(File.Exists(_folder.PathOf("d.jsonl")));
        Assert.Contains(".parquet", Assert.Throws<InputException>(() => Convert(path, "b.txt")).Message, StringComparison.Ordinal);
    }

    [SharedFact]
    public void Published_transcripts_become_pairs_in_parquet()
    {
        var source = SharedData.PathOf("data", "pairs", "hh_harmless.transcripts.jsonl.gz");
        var expected = RowReader.Pairs(source, BadRows.Refuse).Rows.Select(row => (row.Id, row.Prompt, row.Chosen, row.Rejected));
        Assert.Equal(expected, RowReader.Pairs(Convert(source, "a.parquet"), BadRows.Refuse).Rows.Select(row => (row.Id, row.Prompt, row.Chosen, row.Rejected)));
    }

    private string Convert(string from, string name) => RowConversion.Convert(from, _folder.PathOf(name), BadRows.Refuse).To;
}
