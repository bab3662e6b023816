namespace Sera.Model.Alignment;

/// <summary>How two quantities of the same items go together.</summary>
public static class Correlation
{
    /// <summary>Pearson's. Over the points with two finite coordinates; null for fewer than two such points or where one coordinate does not vary.</summary>
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

    /// <summary>Spearman's: Pearson's of the ranks, equal values sharing the mean of theirs. Over the points with two finite coordinates; null as there.</summary>
    public static double? Spearman(IEnumerable<(double X, double Y)> points)
    {
        var finite = points.Where(p => double.IsFinite(p.X) && double.IsFinite(p.Y)).ToArray();
        return Pearson(Ranks([.. finite.Select(p => p.X)]).Zip(Ranks([.. finite.Select(p => p.Y)])));
    }

    /// <summary>Rank of each value from 0, equal values sharing the mean of theirs.</summary>
    private static double[] Ranks(double[] values)
    {
        var order = Enumerable.Range(0, values.Length).OrderBy(i => values[i]).ToArray();
        var ranks = new double[values.Length];
        for (var first = 0; first < order.Length;)
        {
            var end = first + 1;
            while (end < order.Length && values[order[end]].Equals(values[order[first]])) end++;
            for (var i = first; i < end; i++) ranks[order[i]] = (first + end - 1) / 2.0;
            first = end;
        }
        return ranks;
    }
}
