using Sera.Host.Reports;

namespace Sera.Benchmarks.Results;

/// <summary>A result as a Markdown table, with the line below it that says where and when.</summary>
internal static class MarkdownTable
{
    public static string Of(BenchmarkResult result)
    {
        var parameters = string.Join(" ", result.Parameters.Select(parameter => $"--{parameter.Key} {parameter.Value}"));
        return string.Join('\n', [TextTable.Markdown(result.Lines()), "", FormattableString.Invariant(
            $"{result.At:yyyy-MM-dd}, {result.Machine}, load {result.Load} before; `{result.Benchmark} {parameters}`")]) + "\n";
    }
}
