namespace Sera.Host.Reports;

/// <summary>Lines of cells as text: the first line is the heading, the first column names the rows.</summary>
internal static class TextTable
{
    /// <summary>In columns, two blanks between them; numbers stand to the right.</summary>
    public static string Plain(IEnumerable<string[]> lines)
    {
        var all = lines.ToList();
        var widths = Enumerable.Range(0, all.Max(line => line.Length)).Select(column => all.Max(line => column < line.Length ? line[column].Length : 0)).ToList();
        return string.Join('\n', all.Select(line => string.Join("  ", line.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).TrimEnd()));
    }

    /// <summary>As Markdown.</summary>
    public static string Markdown(IEnumerable<string[]> lines)
    {
        var all = lines.ToList();
        var rows = all.Select(cells => $"| {string.Join(" | ", cells.Select(Escaped))} |").ToList();
        var rule = $"|---|{string.Concat(Enumerable.Repeat("---:|", all[0].Length - 1))}";
        return string.Join('\n', [rows[0], rule, .. rows.Skip(1)]);
    }

    private static string Escaped(string cell) =>
        cell.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
