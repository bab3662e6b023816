using System.Text;
using Spectre.Console;

namespace Sera.Host.Reports;

/// <summary>The table per round on the console.</summary>
internal static class SummaryTable
{
    /// <summary>Drawn where the console is a terminal, plain where it is a pipe or a file.</summary>
    public static void Write(RunSummary summary, IAnsiConsole console)
    {
        if (console.Profile.Out.IsTerminal)
        {
            console.Write(Drawn(summary));
        }
        else
        {
            // Past the console, which would break lines at its idea of a width.
            console.Profile.Out.Writer.Write(Plain(summary));
        }
    }

    /// <summary>Columns padded with blanks, two between them, right-aligned but for the digest; a line a round.</summary>
    public static string Plain(RunSummary summary)
    {
        var columns = SummaryColumns.Of(summary);
        var text = new StringBuilder();
        var widths = columns.Select(c => summary.Rounds.Select(r => c.Cell(r).Length).Append(c.Title.Length).Max()).ToArray();
        Line(i => columns[i].Title);
        foreach (var round in summary.Rounds)
        {
            Line(i => columns[i].Cell(round));
        }
        if (HeldOut(summary) is { } heldOut)
        {
            text.Append(heldOut).Append('\n');
        }
        return text.ToString();

        void Line(Func<int, string> cell)
        {
            text.AppendJoin("  ", Enumerable.Range(0, columns.Length).Select(i => cell(i).PadLeft(widths[i]))).Append('\n');
        }
    }

    private static Table Drawn(RunSummary summary)
    {
        var columns = SummaryColumns.Of(summary);
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column.Title)) { Alignment = Justify.Right });
        }
        foreach (var round in summary.Rounds)
        {
            table.AddRow([.. columns.Select(c => Markup.Escape(c.Cell(round)))]);
        }
        if (HeldOut(summary) is { } heldOut)
        {
            table.Caption = new TableTitle(Markup.Escape(heldOut));
        }
        return table;
    }

    private static string? HeldOut(RunSummary summary) => summary.HeldOutRewardAccuracy is { } accuracy
        ? $"held-out reward accuracy {Figure.Percent(accuracy.Before)} before, {Figure.Percent(accuracy.After)} after"
        : null;
}
