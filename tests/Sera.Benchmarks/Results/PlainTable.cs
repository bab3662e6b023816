namespace Sera.Benchmarks.Results;

/// <summary>Lines of cells as text in columns.</summary>
internal static class PlainTable
{
    public static string Of(BenchmarkResult result) => $"{result.Machine}, load {result.Load} before\n{Of(result.Lines())}";

    public static string Of(IEnumerable<string[]> lines)
    {
        var all = lines.ToList();
        var widths = Enumerable.Range(0, all.Max(line => line.Length)).Select(column => all.Max(line => column < line.Length ? line[column].Length : 0)).ToList();
        return string.Join('\n', all.Select(line => string.Join("  ", line.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).TrimEnd()));
    }
}
