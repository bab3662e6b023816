using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>
/// Locally weighted regression, made robust (Cleveland 1979, Journal of the American Statistical Association 74, 829): at each x a straight line through
/// its k nearest points, weighted (1 - (d / h)^3)^3 by the distance d, h being that of the farthest; then again, points far off the curve weighing
/// (1 - (r / 6m)^2)^2 by their residual r, m being the median of them, and nothing from 6m on. O(n log n) and O(k) for each different x.
/// </summary>
/// <remarks>The result depends on the points and not on their order: equal x have one fit, and sums run over the points sorted by x and y.</remarks>
public static class Lowess
{
    /// <summary>Residuals below this share of the largest |y| are rounding.</summary>
    private const double Rounding = 1e-9;

    /// <summary>Variances of x below this share of h^2 have no slope in them.</summary>
    private const double OnePlace = 1e-12;

    /// <param name="x">Finite, as many as <paramref name="y"/>.</param>
    /// <param name="y">Finite.</param>
    /// <param name="fraction">Share of the points in a neighbourhood, in (0, 1]; k is at least 2.</param>
    /// <param name="iterations">Fits again after the first.</param>
    /// <returns>The fit at each different x, ascending.</returns>
    public static ImmutableArray<(double X, double Y)> Smooth(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double fraction, int iterations = 3)
    {
        if (x.Length != y.Length) throw new ArgumentException($"{x.Length} x, {y.Length} y");
        if (fraction is not (> 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "expected (0, 1]");
        var points = new (double X, double Y)[x.Length];
        for (var i = 0; i < points.Length; i++) points[i] = (x[i], y[i]);
        Array.Sort(points);
        var starts = Enumerable.Range(0, points.Length).Where(i => i == 0 || points[i].X != points[i - 1].X).Append(points.Length).ToArray();
        var fit = new double[starts.Length - 1];
        var trust = new double[points.Length];
        Array.Fill(trust, 1);
        var nearest = Math.Min(points.Length, Math.Max(2, (int)(fraction * points.Length + 1e-10)));
        for (var iteration = 0; iteration <= iterations && points.Length > 0; iteration++)
        {
            if (iteration > 0) Distrust(points, starts, fit, trust);
            Fit(points, starts, trust, nearest, fit);
        }
        return [.. fit.Select((value, i) => (points[starts[i]].X, value))];
    }

    private static void Fit((double X, double Y)[] points, int[] starts, double[] trust, int nearest, double[] fit)
    {
        var weights = new double[points.Length];
        var left = 0;
        for (var i = 0; i < fit.Length; i++)
        {
            var at = points[starts[i]].X;
            while (left + nearest < points.Length && at - points[left].X > points[left + nearest].X - at) left++;
            var reach = Math.Max(at - points[left].X, points[left + nearest - 1].X - at);
            // Where the neighbourhood is one x, all of its points count and not those that happen to stand first.
            var (from, to) = reach == 0 ? (starts[i], starts[i + 1]) : (left, left + nearest);
            for (var j = from; j < to; j++) weights[j] = trust[j] * (reach == 0 ? 1 : Tricube(Math.Abs(points[j].X - at) / reach));
            fit[i] = Line(points.AsSpan(from, to - from), weights.AsSpan(from, to - from), at, reach) ?? fit[i];
        }
    }

    /// <summary>The weighted least-squares line at a place, their mean where the points have one x; null where none of them counts.</summary>
    private static double? Line(ReadOnlySpan<(double X, double Y)> points, ReadOnlySpan<double> weights, double at, double reach)
    {
        var (sum, meanX, meanY) = (0.0, 0.0, 0.0);
        for (var j = 0; j < points.Length; j++)
        {
            sum += weights[j];
            meanX += weights[j] * points[j].X;
            meanY += weights[j] * points[j].Y;
        }
        if (sum <= 0) return null;
        (meanX, meanY) = (meanX / sum, meanY / sum);
        var (xx, xy) = (0.0, 0.0);
        for (var j = 0; j < points.Length; j++)
        {
            xx += weights[j] * (points[j].X - meanX) * (points[j].X - meanX);
            xy += weights[j] * (points[j].X - meanX) * (points[j].Y - meanY);
        }
        return xx > OnePlace * sum * reach * reach ? meanY + xy / xx * (at - meanX) : meanY;
    }

    /// <summary>Weights by how far a point is off the curve.</summary>
    private static void Distrust((double X, double Y)[] points, int[] starts, double[] fit, double[] trust)
    {
        var residuals = new double[points.Length];
        for (var i = 0; i < fit.Length; i++)
        {
            for (var j = starts[i]; j < starts[i + 1]; j++) residuals[j] = Math.Abs(points[j].Y - fit[i]);
        }
        var sorted = residuals.Order().ToArray();
        var median = (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        // Where most points lie on the curve, the median is rounding, and so are small residuals.
        var scale = Math.Max(6 * median, Rounding * points.Max(p => Math.Abs(p.Y)));
        for (var j = 0; j < trust.Length; j++) trust[j] = scale == 0 ? 1 : Bisquare(residuals[j] / scale);
    }

    private static double Tricube(double distance)
    {
        var left = 1 - distance * distance * distance;
        return left * left * left;
    }

    private static double Bisquare(double residual)
    {
        var left = Math.Max(0, 1 - residual * residual);
        return left * left;
    }
}
