using System.Collections.Immutable;
using System.Text.Json;
using Sera.Host.Reports;
using Sera.Model.Alignment;
using Spectre.Console;
using Xunit;

namespace Sera.Host.Tests.Reports;

public sealed class SummaryTests
{
    [Fact]
    public void The_summary_has_the_documented_names_and_nothing_that_does_not_apply()
    {
        using var json = JsonDocument.Parse(SummaryJson.Write(SampleRun.Summary));
        var root = json.RootElement;
        Assert.Equal(
            ["runId", "seed", "fingerprint", "evalKind", "heldOutRewardAccuracy", "data", "rounds", "finalPolicySha256", "finalPolicyPath"],
            Names(root));
        Assert.Equal("gold", root.GetProperty("evalKind").GetString());
        Assert.Equal(["before", "after"], Names(root.GetProperty("heldOutRewardAccuracy")));
        Assert.Equal(3, root.GetProperty("data").GetProperty("dropped").GetProperty("too-long").GetInt32());
        var rounds = root.GetProperty("rounds");
        Assert.Equal(["round", "policySha256", "evalAccuracy"], Names(rounds[0]));
        Assert.DoesNotContain("marginMean", Names(rounds[1]));
        Assert.Equal(
            [
                "round", "policySha256", "offlineScored", "offlineKept", "generated", "bootstrappedKept", "filtered", "trainPairs", "trainLoss",
                "rewardAccuracy", "marginMean", "marginQuantiles", "chosenLength", "rejectedLength", "evalAccuracy", "audit", "seconds",
            ],
            Names(rounds[2]));
        Assert.Equal(["score", "generate", "select", "bootstrap", "train", "eval"], Names(rounds[2].GetProperty("seconds")));
        Assert.Equal(["flippedInData", "flippedKept"], Names(rounds[2].GetProperty("audit")));
        Assert.Equal(["p10", "p25", "p50", "p75", "p90"], Names(rounds[2].GetProperty("marginQuantiles")));
        var calibrated = SampleRun.Summary.Rounds[2] with { Calibration = new CalibrationReport("dice", 0.003, 800, 19, -1.5) };
        using var other = JsonDocument.Parse(SummaryJson.Write(SampleRun.Summary with { Rounds = [calibrated] }));
        Assert.Equal(
            ["name", "parameter", "responses", "lengthGapBefore", "lengthGapAfter"], Names(other.RootElement.GetProperty("rounds")[0].GetProperty("calibration")));
    }

    [Fact]
    public void Writing_what_was_read_gives_the_same_bytes()
    {
        var bytes = SummaryJson.Write(SampleRun.Summary with { EvalKind = EvalKind.HeldOutReward });
        Assert.Equal(bytes, SummaryJson.Write(SummaryJson.Read(bytes)));
        Assert.Contains("\"heldOutReward\"", System.Text.Encoding.UTF8.GetString(bytes));
    }

    [Fact]
    public void The_plain_table_lines_up()
    {
        var summary = new RunSummary(
            "r", 1, "f", EvalKind.Gold, new BeforeAfter(0.5, 0.625), new DataCounts(0, 0, 0, 0, ImmutableSortedDictionary<string, int>.Empty),
            [
                new(0, new string('a', 64), EvalAccuracy: 0.4),
                new(
                    1, new string('b', 64), 0, 1200, 0, 0, null, 1200, 0.61234, 0.75, EvalAccuracy: 0.55,
                    Seconds: new PhaseSeconds(0, 0, 0, 0, 62, 1)),
            ],
            null, null);
        Assert.Equal(
            """
            round  answers right   loss  reward accuracy  trained on  offline kept  bootstrapped  work time        policy
                0         40.0 %      –                –           –             –             –          –  aaaaaaaaaaaa
                1         55.0 %  0.612           75.0 %       1,200         1,200             0  1 min 3 s  bbbbbbbbbbbb
            held-out reward accuracy 50.0 % before, 62.5 % after

            """.ReplaceLineEndings("\n"),
            SummaryTable.Plain(summary));
    }

    [Fact]
    public void A_console_that_is_no_terminal_gets_the_plain_table_unbroken()
    {
        using var text = new StringWriter();
        SummaryTable.Write(SampleRun.Summary, AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text) }));
        Assert.Equal(SummaryTable.Plain(SampleRun.Summary), text.ToString());
    }

    [Fact]
    public void A_terminal_gets_a_drawn_table_with_every_round()
    {
        using var text = new StringWriter();
        SummaryTable.Write(SampleRun.Summary, AnsiConsole.Create(new AnsiConsoleSettings { Out = new WideTerminal(text), Ansi = AnsiSupport.No }));
        Assert.Contains("╭", text.ToString());
        Assert.All(SampleRun.Summary.Rounds, r => Assert.Contains(r.PolicySha256[..12], text.ToString()));
        Assert.Contains("81.3 % after", text.ToString());
    }

    private static List<string> Names(JsonElement element) => [.. element.EnumerateObject().Select(p => p.Name)];

    private sealed class WideTerminal(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => 240;

        public int Height => 50;

        public void SetEncoding(System.Text.Encoding encoding)
        {
        }
    }
}
