using Sera.Model.Data;

namespace Sera.Benchmarks.Results;

/// <summary>A page with tables that this program makes, each between a comment that names its benchmark and one that ends it.</summary>
internal static class MarkedPage
{
    /// <exception cref="InputException">The page has no place for one of them.</exception>
    public static void Write(string page, IReadOnlyList<BenchmarkResult> results)
    {
        if (!File.Exists(page)) throw new InputException(page, "no such file", "a Markdown page", "correct the path");
        File.WriteAllText(page, results.GroupBy(result => result.Benchmark).Aggregate(File.ReadAllText(page), (text, group) => Put(page, text, group.Key, group)));
    }

    private static string Put(string page, string text, string benchmark, IEnumerable<BenchmarkResult> results)
    {
        var (begin, end) = ($"<!-- measured: {benchmark} -->\n", "<!-- end -->");
        var from = text.IndexOf(begin, StringComparison.Ordinal);
        var to = from < 0 ? -1 : text.IndexOf(end, from, StringComparison.Ordinal);
        if (to < 0) throw new InputException(page, $"no place for {benchmark}", $"a line '{begin.TrimEnd()}' and a line '{end}' after it", "put them in");
        return text[..(from + begin.Length)] + string.Join('\n', results.Select(MarkdownTable.Of)) + text[to..];
    }
}
