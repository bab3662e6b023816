namespace Sera.Model.Alignment;

/// <summary>Pearson's correlation, for the dependence of margins on length.</summary>
public static class Correlation
{
    /// <summary>Over the points with two finite coordinates; null for fewer than two such points or where one coordinate does not vary.</summary>
    public static double? Pearson(IEnumerable<(double X, double Y)> points)
    {
        var finite = points.Where(p => double.IsFinite(p.X) && double.IsFinite(p.Y)).ToArray();
        if (finite.Length < 2)
        {
            return null;
        }
        var (meanX, meanY) = (finite.Average(p => p.X), finite.Average(p => p.Y));
        var (xx, yy, xy) = (0.0, 0.0, 0.0);
        foreach (var (x, y) in finite)
        {
            xx += (x - meanX) * (x - meanX);
            yy += (y - meanY) * (y - meanY);
            xy += (x - meanX) * (y - meanY);
        }
        return xx == 0 || yy == 0 ? null : Math.Clamp(xy / Math.Sqrt(xx * yy), -1, 1);
    }
}
