using Sera.Host.Reports;

namespace Sera.Host.Experiments;

/// <summary>The report of an experiment: like that of a run, one file that needs nothing else. The same results give the same text.</summary>
internal static class ExperimentHtml
{
    public static string Page(ExperimentResults results) => HtmlPage.Whole($"{results.Experiment.Name} - Sera", ReportStyle.Css + "\n" + ArmColours.Css, page =>
    {
        page.Put("h1", results.Experiment.Name);
        page.Put("p", ExperimentTables.Legend(results), "lead");
        foreach (var missing in ExperimentTables.Missing(results)) page.Put("p", missing);
        page.Put("h2", "Arm by arm");
        Table(page, ExperimentTables.Figures(results));
        if (ExperimentTables.Differences(results) is { } differences)
        {
            page.Put("h3", "Compared seed by seed");
            page.Put("p", "An interval that does not reach zero is a difference that these seeds tell from luck, one comparison at a time.", "note");
            Table(page, differences);
        }
        WritePictures(page, results);
        page.Put("h2", "Runs");
        page.Put("p", "Each has a folder of its own with a report of its own.", "note");
        ReportHtml.Table(
            page, ["arm", "seed", "run", "policy"],
            results.Cells.Select(cell => new[]
            {
                cell.Cell.Arm.Name, FormattableString.Invariant($"{cell.Cell.Seed}"), cell.RunId ?? Figure.None, Figure.Digest(cell.Summary?.FinalPolicySha256),
            }));
    });

    private static void Table(HtmlPage page, IReadOnlyList<string[]> lines) => ReportHtml.Table(page, lines[0], lines.Skip(1));

    private static void WritePictures(HtmlPage page, ExperimentResults results)
    {
        var drawn = results.Figures.Select(figure => (Figure: figure, Arms: Curves(results, figure))).Where(each => each.Arms.Any(arm => arm.Points.Count > 1)).ToList();
        if (drawn.Count == 0) return;
        page.Put("h2", "Round by round");
        page.Put("p", "The mean over seeds, and around it the 95 % confidence interval. Round 0 is the starting policy.", "note");
        using (page.Open("div", "charts"))
        {
            foreach (var (figure, arms) in drawn)
            {
                var legend = arms.Select(arm => (ArmColours.Of(arm.Index), arm.Name)).ToArray();
                ReportHtml.Picture(page, Capital(figure.Title), Draw(figure, arms), legend);
            }
        }
    }

    /// <summary>Arms that have the figure in some round.</summary>
    private static List<ArmCurve> Curves(ExperimentResults results, ResultFigure figure) =>
    [
        .. results.Experiment.Arms.Select((arm, index) => new ArmCurve(index, arm.Name, Points(results, arm, figure))).Where(curve => curve.Points.Count > 0),
    ];

    private static List<(int Round, Estimate Mean)> Points(ExperimentResults results, Arm arm, ResultFigure figure) =>
    [
        .. results.Rounds(arm).Select(round => (Round: round, Mean: results.Of(arm, figure, round)!))
            .Where(point => point.Mean is not null && double.IsFinite(point.Mean.Mean)),
    ];

    private static string Draw(ResultFigure figure, List<ArmCurve> arms)
    {
        var (share, points) = (figure.Unit == FigureUnit.Share, arms.SelectMany(arm => arm.Points).ToList());
        var scale = share ? 100 : 1;
        var plot = new Plot(
            figure.Title, Axis.Whole(points.Min(point => point.Round), points.Max(point => point.Round)),
            Axis.Covering(points.SelectMany(point => new[] { Shown(point.Mean.Low), Shown(point.Mean.High) })),
            "round", figure.Unit switch { FigureUnit.Share => "percent", FigureUnit.Count => "pairs", _ => figure.Title });
        foreach (var arm in arms)
        {
            plot.Band($"band {ArmColours.Of(arm.Index)}", arm.Points.Select(point => ((double)point.Round, Shown(point.Mean.Low), Shown(point.Mean.High))));
        }
        foreach (var arm in arms)
        {
            plot.Curve($"line {ArmColours.Of(arm.Index)}", arm.Points.Select(point => ((double)point.Round, point.Mean.Mean * scale)));
            foreach (var (round, mean) in arm.Points)
            {
                var hint = FormattableString.Invariant($"{arm.Name}, round {round}: {EstimateText.Of(mean, figure.Unit)}");
                plot.Dot($"dot {ArmColours.Of(arm.Index)}", round, mean.Mean * scale, hint);
            }
        }
        return plot.Svg;

        // An interval by t may reach beyond what a share can be, and would squeeze the rest of the picture.
        double Shown(double value) => share ? Math.Clamp(value * scale, 0, 100) : value;
    }

    private static string Capital(string title) => char.ToUpperInvariant(title[0]) + title[1..];

    private sealed record ArmCurve(int Index, string Name, IReadOnlyList<(int Round, Estimate Mean)> Points);
}
