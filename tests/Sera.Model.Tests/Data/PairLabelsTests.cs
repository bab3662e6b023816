using Sera.Model.Data;
using Xunit;

namespace Sera.Model.Tests.Data;

public sealed class PairLabelsTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Labels_keep_turn_leave_out_and_add_pairs()
    {
        var data = Prepare(
            """{"id":"stays","preferred":"chosen"}""",
            """{"id":"turns","preferred":"rejected"}""",
            """{"id":"tied","preferred":"tie"}""",
            """{"id":"votes","chosen_win_rate":0.25}""",
            """{"id":"bootstrapped/q1","prompt":"N","chosen":"n","rejected":"m","preferred":"rejected"}""",
            """{"id":"bootstrapped/q2","prompt":"N","chosen":"n","rejected":"m","preferred":"drop"}""");
        Assert.Equal(new LabelCounts(1, 2, 2, 1), data.Labels);
        Assert.Equal(
            [
                ("stays", "a", "b", false, null), ("turns", "d", "c", false, null), ("votes", "h", "g", null, 0.75), ("other", "i", "j", null, null),
                ("bootstrapped/q1", "m", "n", (bool?)null, (double?)null),
            ],
            data.Train.Select(row => (row.Id, row.Chosen, row.Rejected, row.Flipped, row.ChosenWinRate)));
    }

    /// <summary>Asked in the order in which an earlier label had put them, the pair turns by "chosen" and stays by "rejected".</summary>
    [Theory]
    [InlineData("chosen", "b", 0, 1)]
    [InlineData("rejected", "a", 1, 0)]
    public void A_label_is_of_the_texts_that_were_shown(string preferred, string chosen, int kept, int turned)
    {
        var data = Prepare($$"""{"id":"stays","prompt":"A","chosen":"b","rejected":"a","preferred":"{{preferred}}"}""");
        Assert.Equal(new LabelCounts(kept, turned, 0, 0), data.Labels);
        Assert.Equal(chosen, data.Train[0].Chosen);
    }

    [Theory]
    [InlineData("""{"id":"turns","prompt":"B","chosen":"c","rejected":"x","preferred":"chosen"}""")]
    [InlineData("""{"id":"turns","prompt":"A","chosen":"c","rejected":"d","preferred":"chosen"}""")]
    public void A_label_of_other_texts_is_refused(string label) =>
        Assert.Contains("labels.jsonl:1: other texts than pair 'turns'", Assert.Throws<InputException>(() => Prepare(label)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"id":"stays"}""", "labels.jsonl:2: no label")]
    [InlineData("""{"id":"stays","preferred":null}""", "labels.jsonl:2: 'preferred' is null")]
    [InlineData("""{"id":"stays","preferred":"left"}""", "labels.jsonl:2: 'preferred' is 'left'; expected chosen, rejected, tie or drop")]
    [InlineData("""{"id":"stays","preferred":"tie","chosen_win_rate":0.5}""", "labels.jsonl:2: both 'preferred' and 'chosen_win_rate'")]
    [InlineData("""{"id":"stays","chosen_win_rate":0}""", "labels.jsonl:2: 'chosen_win_rate' is 0")]
    [InlineData("""{"preferred":"tie"}""", "labels.jsonl:2: no field 'id'")]
    [InlineData("""{"id":"nobody","preferred":"tie"}""", "labels.jsonl:2: no pair has the id 'nobody'")]
    [InlineData("""{"id":"turns","preferred":"tie"}""", "labels.jsonl:2: the id 'turns' stands already in line 1")]
    public void A_bad_label_names_file_and_line(string label, string expected) => Assert.Contains(
        expected, Assert.Throws<InputException>(() => Prepare("""{"id":"turns","preferred":"rejected"}""", label)).Message, StringComparison.Ordinal);

    private PreparedData Prepare(params string[] labels)
    {
        var pairs = _folder.Write(
            "pairs.jsonl",
            """{"id":"stays","prompt":"A","chosen":"a","rejected":"b","flipped":false}""",
            """{"id":"turns","prompt":"B","chosen":"c","rejected":"d","flipped":true}""",
            """{"id":"tied","prompt":"C","chosen":"e","rejected":"f"}""",
            """{"id":"votes","prompt":"D","chosen":"g","rejected":"h"}""",
            """{"id":"other","prompt":"E","chosen":"i","rejected":"j"}""");
        return DataPreparation.Prepare(new DataOptions(pairs, HeldOut: 0, Labels: _folder.Write("labels.jsonl", labels)), 1, new ByteTokenizer(), 64, 300);
    }
}
