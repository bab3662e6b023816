using Sera.Model.Data;
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
    public void A_file_without_a_usable_row_is_described_all_the_same()
    {
        var seen = Inspector.Inspect(_folder.Write("a.jsonl", "{"), new ByteTokenizer(), 8);
        Assert.Equal((null, 0, 1), (seen.Shape, seen.Rows, seen.Problems.Length));
        Assert.Empty(seen.Lengths);
        Assert.Null(seen.OverContext);
        Assert.Equal(BadRowReasons.File, Assert.Single(Inspector.Inspect(_folder.PathOf("none"), null, null).Problems).Reason);
    }
}
