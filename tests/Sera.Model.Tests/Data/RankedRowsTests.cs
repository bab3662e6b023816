using Sera.Model.Data;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class RankedRowsTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_comparison_of_summaries_has_the_post_for_its_prompt_and_the_choice_for_chosen()
    {
        var read = Read(
            RowShape.Comparisons,
            "TL;DR comparisons",
            """{"info":{"id":"t3","post":"Po.","title":"Ti","subreddit":"tifu","site":null,"article":null},"summaries":[{"text":" A","policy":"x","note":null},{"text":" B"}],"choice":1}""",
            """{"info":{"article":"Ar.","post":null},"summaries":[{"text":" C"},{"text":" D"}],"choice":0}""");
        Assert.Equal(
            [("SUBREDDIT: r/tifu\n\nTITLE: Ti\n\nPOST: Po.\n\nTL;DR:", " B", " A"), ("Article:\n\nAr.\n\nTL;DR:", " C", " D")],
            read.Rows.Select(row => (row.Prompt, row.Chosen, row.Rejected)));
        Refused("""{"info":{"post":"p"},"summaries":[{"text":"a"},{"text":"b"}],"choice":2}""", "2 summaries and choice 2", BadRowReasons.NoPreference);
        Refused("""{"info":{"post":"p"},"summaries":[{"text":"a"},{"text":"a"}],"choice":0}""", "are equal", BadRowReasons.Identical);
        Refused("""{"info":{},"summaries":[{"text":"a"},{"text":"b"}],"choice":0}""", "no field 'article'", BadRowReasons.MissingField);
    }

    [Fact]
    public void Of_scored_completions_the_best_is_chosen_and_the_worst_rejected()
    {
        var read = Read(
            RowShape.Scored,
            "scored completions",
            """{"source":"s","instruction":"I","completions":[{"response":"a","overall_score":5},{"response":"b","overall_score":"7.5"},{"response":"c","overall_score":2}]}""");
        Assert.Equal(new TextPair(1, "line-1", "I", "b", "c", null), Assert.Single(read.Rows));
        Refused("""{"instruction":"I","completions":[{"response":"a","overall_score":5},{"response":"b","overall_score":5}]}""", "2 completions of one score", BadRowReasons.NoPreference);
        Refused("""{"instruction":"I","completions":[]}""", "0 completions", BadRowReasons.NoPreference);
        Refused("""{"instruction":"I","completions":[{"response":"a","overall_score":"N/A"},{"response":"b","overall_score":5}]}""", "'overall_score' is a string", BadRowReasons.WrongType);
    }

    [Fact]
    public void Ranked_responses_give_every_pair_of_different_rank()
    {
        (string, string, string)[] all = [("x/1-2", "a", "b"), ("x/1-3", "a", "c"), ("x/2-3", "b", "c")];
        Assert.Equal(all, Pairs("""{"id":"x","prompt":"p","responses":["a","b","c"]}"""));
        Assert.Equal([("x/3-1", "c", "a"), ("x/3-2", "c", "b")], Pairs("""{"id":"x","prompt":"p","responses":["a","b","c"],"scores":[0.5,0.5,0.9]}"""));
        Assert.Equal([("x/2-3", "b", "c"), ("x/2-1", "b", "a"), ("x/3-1", "c", "a")], Pairs("""{"id":"x","prompt":"p","responses":["a","b","c"],"ranks":[3,1,2]}"""));
        Assert.Equal([("line-1/2-1", "b", "a")], Pairs("""{"prompt":"p","answers":[{"answer":"a","model":"m","rank":2.0},{"answer":"b","rank":1.0}]}"""));
        Refused("""{"prompt":"p","responses":["a","b"],"scores":[1]}""", "2 responses and 1 ranks or scores", BadRowReasons.NoPreference);
        Refused("""{"prompt":"p","responses":["a","b"],"scores":[1,1]}""", "none better than another", BadRowReasons.NoPreference);
        Refused("""{"prompt":"p","responses":["a","a"]}""", "are equal", BadRowReasons.Identical);
        Refused("""{"prompt":"p","responses":["a",""]}""", "a response is empty", BadRowReasons.EmptyResponse);

        (string, string, string)[] Pairs(string row) => [.. Read(RowShape.Ranked, "ranked responses", row).Rows.Select(pair => (pair.Id, pair.Chosen, pair.Rejected))];
    }

    [Fact]
    public void Binarized_scores_are_read_as_prompt_and_answers()
    {
        const string Dialogue = """[{"role":"user","content":"p"},{"role":"assistant","content":""";
        var read = Read(
            RowShape.Binarized, "binarized", $$"""{"prompt":"p","prompt_id":"7","chosen":{{Dialogue}}"a"}],"rejected":{{Dialogue}}"b"}],"score_chosen":8.5,"score_rejected":6.0}""");
        Assert.Equal(new TextPair(1, "line-1", "p", "a", "b", null), Assert.Single(read.Rows));
        Refused($$"""{"prompt":"q","chosen":{{Dialogue}}"a"}],"rejected":{{Dialogue}}"b"}],"score_chosen":8.5,"score_rejected":6.0}""", "no dialogue of one turn", BadRowReasons.WrongType);
    }

    [Fact]
    public void Other_columns_of_pairs_and_prompts_do_not_change_what_they_are()
    {
        Read(RowShape.Pairs, "preference pairs (", """{"prompt":"p","chosen":"c","rejected":"r","responses":["c","r"],"score_chosen":1,"score_rejected":0}""");
        Assert.Equal(RowShape.Prompts, RowReader.Any(_folder.Write("a.jsonl", """{"prompt":"p","responses":[{"text":"a"}]}""")).Shape);
        Assert.Equal(RowShape.Prompts, RowReader.Any(_folder.Write("b.jsonl", """{"prompt":"p","answers":["a"]}""")).Shape);
    }

    private TextRows<TextPair> Read(RowShape shape, string announced, params string[] rows)
    {
        var read = RowReader.Pairs(_folder.Write("a.jsonl", rows), BadRows.Refuse);
        Assert.Equal(shape, read.Shape);
        Assert.Contains(announced, read.Announcement, StringComparison.Ordinal);
        return read;
    }

    private void Refused(string row, string found, string reason)
    {
        var path = _folder.Write("a.jsonl", row);
        var error = Assert.Throws<InputException>(() => RowReader.Pairs(path, BadRows.Refuse));
        Assert.StartsWith($"{path}:1: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        Assert.Equal(reason, Assert.Single(RowReader.Any(path).Problems).Reason);
    }

    [Theory]
    [InlineData("""{"\ud800":1,"prompt":"p","chosen":"c","rejected":"r"}""", BadRowReasons.BrokenJson)]
    [InlineData("""{"instruction":"I","completions":[{"response":"a","overall_score":"\ud800"},{"response":"b","overall_score":1}]}""", BadRowReasons.BrokenJson)]
    public void Half_of_a_surrogate_pair_anywhere_makes_a_bad_row(string row, string reason) =>
        Assert.Equal(reason, RowReader.Any(_folder.Write("a.jsonl", row)).Problems[0].Reason);

    /// <summary>Every two responses are a pair: 20,000 of them would be 200 million.</summary>
    [Fact]
    public void Lists_that_would_become_countless_pairs_make_bad_rows()
    {
        var row = System.Text.Json.JsonSerializer.Serialize(new { prompt = "p", responses = Enumerable.Range(0, 65).Select(i => $"r{i}") });
        Assert.Contains("65 responses", Assert.Single(RowReader.Any(_folder.Write("a.jsonl", row)).Problems).Message, StringComparison.Ordinal);
    }
}
