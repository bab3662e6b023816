namespace Sera.Benchmarks.Results;

/// <summary>A result as a Markdown table, with the line below it that says where and when.</summary>
internal static class MarkdownTable
{
    public static string Of(BenchmarkResult result)
    {
        var lines = result.Lines().Select(cells => $"| {string.Join(" | ", cells.Select(Escaped))} |").ToList();
        var rule = $"|---|{string.Concat(Enumerable.Repeat("---:|", result.Lines().First().Length - 1))}";
        var parameters = string.Join(" ", result.Parameters.Select(parameter => $"--{parameter.Key} {parameter.Value}"));
        return string.Join('\n', [lines[0], rule, .. lines.Skip(1), "", FormattableString.Invariant(
            $"{result.At:yyyy-MM-dd}, {result.Machine}, load {result.Load} before; `{result.Benchmark} {parameters}`")]) + "\n";
    }

    private static string Escaped(string cell) =>
        cell.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
