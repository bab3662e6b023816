using CsCheck;
using Sera.Model.Data;
using Sera.Model.Data.Inspecting;
using Sera.Model.Evaluation;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class InspectorTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pairs_are_counted_and_measured()
    {
        var path = _folder.Write(
            "a.jsonl",
            """{"id":"1","prompt":"pp","chosen":"cccc","rejected":"r","flipped":true}""",
            """{"id":"2","prompt":"pp","chosen":"cccc","rejected":"r","flipped":false}""",
            """{"id":"3","prompt":"q","chosen":"c","rejected":"r"}""",
            """{"id":"4","prompt":"q","chosen":"c","rejected":"rrr"}""",
            """{"id":"5","prompt":"q","chosen":"c","rejected":"c"}""",
            """{"id":"6","prompt":"q","chosen":"","rejected":"c"}""",
            """{"id":"7","prompt":"q","chosen":"c","rejected":" "}""");
        var seen = Inspector.Inspect(path, new ByteTokenizer(), context: 5);
        Assert.Equal((RowShape.Pairs, 4, 2, 1, 1, 2), (seen.Shape, seen.Rows, seen.DistinctPrompts, seen.Duplicates, seen.Identical, seen.Empty));
        Assert.Equal("tokens", seen.Unit);
        Assert.Equal(["prompt", "chosen", "rejected", "total"], seen.Lengths.Select(lengths => lengths.Of));
        // Prompts of 3, 3, 2, 2 tokens with BOS; totals 7, 7, 3, 5.
        Assert.Equal((2, 2.5, 3), (seen.Lengths[0].Values[0], seen.Lengths[0].Values[3], seen.Lengths[0].Values[^1]));
        Assert.Equal((3, 6, 7), (seen.Lengths[3].Values[0], seen.Lengths[3].Values[3], seen.Lengths[3].Values[^1]));
        Assert.Equal(0.5, seen.OverContext);
        // Two longer, one tie, one shorter.
        Assert.Equal(0.625, seen.ChosenLonger);
        Assert.Equal(0.5, seen.Flipped);
    }

    [Fact]
    public void Without_a_tokenizer_lengths_are_characters()
    {
        var seen = Inspector.Inspect(_folder.Write("a.jsonl", """{"prompt":"pp","response":"rrr"}"""), null, null);
        Assert.Equal((RowShape.Examples, "characters"), (seen.Shape, seen.Unit));
        Assert.Equal([2.0, 3.0, 5.0], seen.Lengths.Select(lengths => lengths.Values[3]));
        Assert.Null(seen.OverContext);
        Assert.Null(seen.ChosenLonger);
        Assert.Null(seen.Flipped);
    }

    [Fact]
    public void Near_duplicates_are_found_in_any_language_and_equal_rows_are_none_of_them()
    {
        const string English = "Write a short story about a lighthouse keeper who collects letters that were never sent to anybody";
        const string Chinese = "请写一个关于灯塔守护人的短篇故事，他收集那些从未寄给任何人的信件，并在每个冬夜里大声朗读它们";
        string Row(string prompt) => $$"""{"prompt":"{{prompt}}","response":"Yes."}""";
        var seen = Inspector.Inspect(
            _folder.Write(
                "a.jsonl", Row(English), Row(English.ToUpperInvariant() + "!!"), Row(English.Replace("short", "long", StringComparison.Ordinal)), Row(English),
                Row(Chinese), Row(Chinese.Replace("冬", "夏", StringComparison.Ordinal)), Row("Write a long story about a tree"), Row("?"), Row("!")),
            null,
            null);
        Assert.Equal((9, 1, 3, 8), (seen.Rows, seen.Duplicates, seen.NearDuplicates, seen.Compared));
    }

    [Fact]
    public void Prompts_that_are_evaluation_prompts_too_are_counted()
    {
        const string Long = "Which of the planets of the solar system has the largest number of moons, and how were they found?";
        var eval = _folder.Write("eval.jsonl", """{"prompt":"What is red?"}""", $$"""{"prompt":"{{Long}}"}""", """{"prompt":"what is RED"}""");
        var data = _folder.Write("a.jsonl", """{"prompt":"What is red?!"}""", $$"""{"prompt":"{{Long.Replace("found", "named", StringComparison.Ordinal)}}"}""", """{"prompt":"What is blue?"}""");
        Assert.Equal(new EvaluationOverlap(2, 1, 1), Inspector.Inspect(data, null, null, eval).Overlap);
        Assert.Throws<InputException>(() => Inspector.Inspect(data, null, null, _folder.PathOf("none.jsonl")));
    }

    [Fact]
    public void Lengths_counted_give_the_quantiles_of_lengths_listed() => Gen.Int[0, 20].Array[1, 50].Sample(lengths =>
    {
        var counts = new LengthCounts();
        foreach (var length in lengths) counts.Add(length);
        Assert.Equal(Quantiles.Of([.. lengths.Select(length => (double)length).Order()], Inspector.Levels).ToArray(), Quantiles.Of(counts, Inspector.Levels).ToArray());
    });

    [Fact]
    public void Similarity_is_estimated_within_five_deviations() => Gen.Select(Gen.String[Gen.Char['a', 'z'], 100, 300], Gen.Int[0, 90]).Sample((text, at) =>
    {
        var other = text[..at] + "0123456789" + text[(at + 10)..];
        HashSet<string> Shingles(string of) => [.. Enumerable.Range(0, of.Length - 4).Select(i => of.Substring(i, 5))];
        var (a, b) = (Shingles(text), Shingles(other));
        var jaccard = (double)a.Intersect(b).Count() / a.Union(b).Count();
        Assert.InRange(MinHash.Similarity(MinHash.Of(text)!, MinHash.Of(other)!), jaccard - 0.3, jaccard + 0.3);
    });

    [Fact]
    public void A_file_without_a_usable_row_is_described_all_the_same()
    {
        var seen = Inspector.Inspect(_folder.Write("a.jsonl", "{"), new ByteTokenizer(), 8);
        Assert.Equal((null, 0, 1), (seen.Shape, seen.Rows, seen.Problems.Length));
        Assert.Empty(seen.Lengths);
        Assert.Null(seen.OverContext);
        Assert.Equal(BadRowReasons.File, Assert.Single(Inspector.Inspect(_folder.PathOf("none"), null, null).Problems).Reason);
    }
}
