namespace Sera.Host.Experiments;

/// <summary>A mean over seeds.</summary>
/// <param name="Count">Seeds that had the figure.</param>
/// <param name="HalfWidth">Of the 95 % confidence interval by Student's t; null with one seed, which says nothing of the spread.</param>
internal sealed record Estimate(int Count, double Mean, double? HalfWidth)
{
    public double Low => Mean - (HalfWidth ?? 0);

    public double High => Mean + (HalfWidth ?? 0);

    /// <summary>null without values.</summary>
    public static Estimate? Of(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0) return null;
        var mean = values.Average();
        if (values.Count == 1) return new Estimate(1, mean, null);
        var variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        return new Estimate(values.Count, mean, StudentT.Central95(values.Count - 1) * Math.Sqrt(variance / values.Count));
    }
}
