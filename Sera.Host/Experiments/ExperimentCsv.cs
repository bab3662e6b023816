using System.Globalization;
using System.Text;

namespace Sera.Host.Experiments;

/// <summary>The numbers of an experiment for a spreadsheet, one a line; what is not there has no line or an empty field.</summary>
internal static class ExperimentCsv
{
    /// <summary>Means and intervals of every round, and once more of the last as "last".</summary>
    public static string Table(ExperimentResults results)
    {
        var text = new StringBuilder();
        Line(text, ["arm", "round", "figure", "unit", "runs", "mean", "half-width", "difference", "difference-half-width"]);
        foreach (var arm in results.Experiment.Arms)
        {
            int?[] rounds = [.. results.Rounds(arm), null];
            foreach (var round in rounds)
            {
                foreach (var figure in results.Figures)
                {
                    if (results.Of(arm, figure, round) is not { } mean) continue;
                    var difference = results.Difference(arm, figure, round);
                    Line(text,
                    [
                        arm.Name, round is { } number ? Number(number) : "last", figure.Name, Unit(figure), Number(mean.Count), Number(mean.Mean), Number(mean.HalfWidth),
                        Number(difference?.Mean), Number(difference?.HalfWidth),
                    ]);
                }
            }
        }
        return text.ToString();
    }

    /// <summary>What every run had in every round.</summary>
    public static string Runs(ExperimentResults results)
    {
        var text = new StringBuilder();
        Line(text, ["arm", "seed", "run", "round", "figure", "unit", "value"]);
        foreach (var (cell, id, summary, _) in results.Cells)
        {
            foreach (var round in summary?.Rounds ?? [])
            {
                foreach (var figure in results.Figures)
                {
                    if (figure.Value(summary!, round) is not { } value) continue;
                    Line(text, [cell.Arm.Name, cell.Seed.ToString(CultureInfo.InvariantCulture), id!, Number(round.Round), figure.Name, Unit(figure), Number(value)]);
                }
            }
        }
        return text.ToString();
    }

    private static void Line(StringBuilder text, IEnumerable<string> cells) => text.AppendJoin(',', cells.Select(Quoted)).Append('\n');

    private static string Quoted(string cell) =>
        cell.AsSpan().ContainsAny("\",\n") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    private static string Unit(ResultFigure figure) => figure.Unit.ToString().ToLowerInvariant();

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";
}
