using System.Text.Json.Nodes;
using Sera.Model.Data;
using Sera.Model.Data.Previews;
using Sera.Model.Tests.Tokenization;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class PreviewerTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_pair_is_shown_as_the_tokens_it_is_trained_on_with_its_end()
    {
        var rows = First("""{"id":"x","prompt":"Qé","chosen":"ab","rejected":"c"}""");
        var row = Assert.Single(rows);
        Assert.Equal(("x", _folder.PathOf("a.jsonl") + ":1", null), (row.Id, row.Where, row.Note));
        Assert.Equal([("prompt", false), ("chosen", true), ("rejected", true)], row.Parts.Select(part => (part.Name, part.Trained)));
        // Of the two bytes of é the vocabulary has names alone.
        Assert.Equal(["Q", "Ã", "©"], row.Parts[0].Tokens.Select(token => token.Text));
        Assert.Equal([("ab", false), ("<end>", true)], row.Parts[1].Tokens.Select(token => (token.Text, token.Special)));
        Assert.Equal([("c", false), ("<end>", true)], row.Parts[2].Tokens.Select(token => (token.Text, token.Special)));
    }

    [Fact]
    public void What_is_cut_or_left_out_says_so()
    {
        string[] lines = ["""{"prompt":"pppp","chosen":"cccc","rejected":"r"}""", "{", """{"prompt":"pppppppppp","chosen":"c","rejected":"r"}"""];
        var rows = First(new DataOptions("", MaxLength: 6, TooLong: TooLong.CutResponse), lines);
        Assert.Equal(CutReasons.Response, rows[0].Note);
        Assert.Equal([4, 2, 2], rows[0].Parts.Select(part => part.Tokens.Length));
        Assert.Contains("a.jsonl:2: broken JSON", rows[1].Note, StringComparison.Ordinal);
        Assert.Contains("a.jsonl:3: a prompt of 10 tokens; expected fewer than 6", rows[2].Note, StringComparison.Ordinal);
        Assert.Empty(rows[2].Parts);
    }

    [Fact]
    public void Examples_and_prompts_are_shown_too_and_no_more_rows_than_asked_for()
    {
        var example = Assert.Single(First("""{"prompt":"p","response":"r"}"""));
        Assert.Equal([("prompt", false), ("response", true)], example.Parts.Select(part => (part.Name, part.Trained)));
        var prompts = First([.. Enumerable.Range(0, 9).Select(i => $$"""{"prompt":"p{{i}}"}""")]);
        Assert.Equal(["line-1", "line-2", "line-3"], prompts.Select(row => row.Id));
        Assert.False(Assert.Single(prompts[0].Parts).Trained);
    }

    /// <summary>A run from prompts takes the prompts of a file of pairs, and nothing else of it.</summary>
    [Fact]
    public void Of_a_run_from_prompts_prompts_are_shown_and_an_empty_file_is_refused()
    {
        var path = _folder.PathOf("a.jsonl");
        First("""{"prompt":"p","chosen":"c","rejected":"r"}""");
        var tokenizer = HfTokenizer.Load(Path.GetDirectoryName(path)!);
        var previewer = new Previewer(tokenizer, 100, tokenizer.VocabularySize);
        Assert.Equal(["prompt"], Assert.Single(previewer.First(new DataOptions("", Prompts: path), 3).Rows).Parts.Select(part => part.Name));
        Assert.Contains("it holds no rows", Assert.Throws<InputException>(() => First("")).Message, StringComparison.Ordinal);
    }

    private RowPreview[] First(params string[] lines) => First(new DataOptions(""), lines);

    private RowPreview[] First(DataOptions options, params string[] lines)
    {
        var json = TinyTokenizers.ByteLevel(["a b"]);
        json["added_tokens"] = new JsonArray(TinyTokenizers.Added(257, "<end>"));
        _folder.Write("tokenizer.json", json.ToJsonString());
        _folder.Write("tokenizer_config.json", """{"eos_token":"<end>"}""");
        var tokenizer = HfTokenizer.Load(Path.GetDirectoryName(_folder.PathOf("x"))!);
        var path = _folder.Write("a.jsonl", lines);
        return [.. new Previewer(tokenizer, 100, tokenizer.VocabularySize).First(options with { Pairs = path }, 3).Rows];
    }
}
