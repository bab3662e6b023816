using System.Text.Json;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Xunit;

namespace Sera.Model.Tests.Alignment.Losses;

/// <summary>docs/methods.md says of each loss what its code says. SERA_APPROVE=1 writes the table anew.</summary>
public sealed class LossTableTests
{
    private const string Begin = "<!-- losses -->";
    private const string End = "<!-- end -->";

    [Fact]
    public void The_table_of_losses_is_that_of_the_code()
    {
        var page = Path.Combine(Repository(), "docs", "methods.md");
        var text = File.ReadAllText(page);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var table = $"\n{Table()}\n";
        if (Environment.GetEnvironmentVariable("SERA_APPROVE") == "1") File.WriteAllText(page, text = text[..from] + table + text[to..]);
        Assert.Contains(Begin + table + End, text, StringComparison.Ordinal);
    }

    private static string Table() => string.Join('\n',
    [
        "| `loss.name` | per pair | reads | reference | reward | source |",
        "|---|---|---|---|---|---|",
        .. PreferenceLosses.All.Select(l => $"| {l.Name} | {l.Formula} | {Reads(l)} | {(l.NeedsReference ? "yes" : "no")} | {l.RewardFormula} | {l.Source}{(l.Standing == LossStanding.Published ? "" : ", from memory: ours until checked")} |"),
    ]);

    private static string Reads(PreferenceLoss loss) => string.Join(", ",
    [
        .. loss.ReadsTargetMargin ? ["target-margin"] : Array.Empty<string>(),
        .. loss.ReadsDivergence ? ["divergence"] : Array.Empty<string>(),
        .. loss.Parameters.Select(p => p.Parameter.Key + (double.IsNaN(p.Default) ? "" : FormattableString.Invariant($" = {p.Default}"))),
        .. loss.Columns.Select(c => JsonNamingPolicy.KebabCaseLower.ConvertName(c.ToString())),
    ]);

    private static string Repository()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Sera.Cluster.sln"))) at = at.Parent!;
        return at.FullName;
    }
}
