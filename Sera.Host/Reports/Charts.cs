using System.Collections.Immutable;
using Sera.Model.Data;

namespace Sera.Host.Reports;

/// <summary>The pictures of the report, as SVG text.</summary>
internal static class Charts
{
    private const int CurvePoints = 300;
    private const int Bins = 24;

    /// <summary>Curves over the optimizer steps of all rounds, each round beginning at a mark. Longer ones are averaged down.</summary>
    /// <param name="marks">Last step of every round but the last.</param>
    public static string Steps(string title, string yLabel, ImmutableArray<double> marks, params (string Css, double[] Values)[] curves)
    {
        var thinned = curves.Select(c => (c.Css, Points: Thin(c.Values))).ToArray();
        var y = Axis.Covering(thinned.SelectMany(c => c.Points.Select(p => p.Y)));
        var plot = new Plot(title, Axis.Whole(0, curves.Max(c => c.Values.Length)), y, "optimizer step", yLabel);
        foreach (var mark in marks)
        {
            plot.Mark("mark", mark);
        }
        foreach (var (css, points) in thinned)
        {
            plot.Curve(css, points);
        }
        return plot.Svg;
    }

    /// <summary>One value a round, from 0 % to 100 %.</summary>
    public static string Shares(string title, string yLabel, IReadOnlyList<(int Round, double Share)> values)
    {
        var plot = new Plot(
            title, Axis.Whole(values.Min(v => v.Round), values.Max(v => v.Round)), Axis.Covering([0, 100]), "round", yLabel);
        plot.Curve("line a", values.Select(v => ((double)v.Round, v.Share * 100)));
        foreach (var (round, share) in values)
        {
            plot.Dot("dot a", round, share * 100, $"round {round}: {Figure.Percent(share)}");
        }
        return plot.Svg;
    }

    /// <summary>Margins of all candidates, those kept in front. The outermost bars hold the half percent beyond on either side.</summary>
    public static string Histogram(string title, IReadOnlyList<MarginRow> rows)
    {
        var x = Central(rows.Select(r => r.Margin));
        var all = Counts(rows, x);
        var kept = Counts(rows.Where(r => r.Kept), x);
        var plot = new Plot(title, x, Axis.Covering([0, all.Max()]), "margin", "pairs");
        for (var i = 0; i < Bins; i++)
        {
            var (from, to) = (Edge(x, i, Bins), Edge(x, i + 1, Bins));
            var hint = $"{Figure.Number(from)} to {Figure.Number(to)}: {kept[i]} of {all[i]} kept";
            Bar("bar all", all[i]);
            Bar("bar kept", kept[i]);

            void Bar(string css, int count)
            {
                if (count > 0)
                {
                    plot.Box(css, from, to, 0, count, 1, hint);
                }
            }
        }
        plot.Mark("zero", 0);
        return plot.Svg;
    }

    /// <summary>Margin against how much longer chosen is than rejected, in cells that are the darker the more pairs they hold.</summary>
    /// <param name="frame">Rows that decide the axes, so that pictures before and after selection compare.</param>
    public static string Lengths(string title, string css, IReadOnlyList<MarginRow> rows, IReadOnlyList<MarginRow> frame)
    {
        var (x, y) = (Central(frame.Select(LengthDifference)), Central(frame.Select(r => r.Margin)));
        var cells = rows.CountBy(r => (X: Bin(x, LengthDifference(r), Bins), Y: Bin(y, r.Margin, Bins))).OrderBy(c => c.Key).ToArray();
        var most = cells.Length == 0 ? 1 : cells.Max(c => c.Value);
        var plot = new Plot(title, x, y, "tokens chosen - tokens rejected", "margin");
        foreach (var ((column, row), count) in cells)
        {
            plot.Box(
                css, Edge(x, column, Bins), Edge(x, column + 1, Bins), Edge(y, row, Bins), Edge(y, row + 1, Bins),
                0.2 + 0.8 * Math.Log(1 + count) / Math.Log(1 + most), count == 1 ? "1 pair" : $"{Figure.Count(count)} pairs");
        }
        plot.Mark("zero", 0);
        return plot.Svg;
    }

    public static double LengthDifference(MarginRow row) => row.ChosenLength - row.RejectedLength;

    // A single outlier would otherwise squeeze all the rest into one bin.
    private static Axis Central(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var cut = sorted.Length / 200;
        return Axis.Covering(sorted.AsSpan(cut, sorted.Length - 2 * cut).ToArray());
    }

    private static int[] Counts(IEnumerable<MarginRow> rows, Axis x)
    {
        var counts = new int[Bins];
        foreach (var row in rows)
        {
            counts[Bin(x, row.Margin, Bins)]++;
        }
        return counts;
    }

    private static int Bin(Axis axis, double value, int bins) =>
        (int)Math.Clamp(Math.Floor((value - axis.Min) / (axis.Max - axis.Min) * bins), 0, bins - 1);

    private static double Edge(Axis axis, int bin, int bins) => axis.Min + bin * (axis.Max - axis.Min) / bins;

    private static (double X, double Y)[] Thin(double[] values)
    {
        var size = Math.Max(1, (values.Length + CurvePoints - 1) / CurvePoints);
        return [.. values.Chunk(size).Select((chunk, i) => (i * size + (chunk.Length + 1) / 2.0, chunk.Average()))];
    }
}
