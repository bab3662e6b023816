using System.Globalization;
using Sera.Host.Reports;

namespace Sera.Benchmarks.Results;

/// <summary>Two sets of results side by side, figure by figure.</summary>
internal static class Comparison
{
    public static string Of(IReadOnlyList<BenchmarkResult> before, IReadOnlyList<BenchmarkResult> after)
    {
        var lines = new List<string[]> { new[] { "benchmark", "case", "figure", "before", "after", "change" } };
        foreach (var name in before.Concat(after).Select(result => result.Benchmark).Distinct())
        {
            var (old, now) = (Figures(before, name), Figures(after, name));
            foreach (var (row, figure, unit) in old.Concat(now).Select(m => (m.Case, m.Figure, m.Unit)).Distinct())
            {
                var (x, y) = (Find(old, row, figure), Find(now, row, figure));
                lines.Add([name, row, unit.Length > 0 ? $"{figure}, {unit}" : figure, x?.ToString() ?? "–", y?.ToString() ?? "–", Change(x, y)]);
            }
        }
        return TextTable.Plain(lines);
    }

    private static List<Measurement> Figures(IReadOnlyList<BenchmarkResult> results, string name) =>
        [.. results.Where(result => result.Benchmark == name).SelectMany(result => result.Results)];

    private static Measurement? Find(List<Measurement> all, string row, string figure) => all.Find(m => m.Case == row && m.Figure == figure);

    /// <summary>Of the medians; said only where the samples of the two do not overlap.</summary>
    private static string Change(Measurement? before, Measurement? after) => (before, after) switch
    {
        (null, _) or (_, null) => "",
        var (x, y) when x.Median == 0 => y.Median == 0 ? "" : "was 0",
        var (x, y) when x.High >= y.Low && y.High >= x.Low => "within the spread",
        var (x, y) => ((y.Median / x.Median) - 1).ToString("+0.0 %;-0.0 %", CultureInfo.InvariantCulture),
    };
}
