using System.Collections.Immutable;
using System.Globalization;

namespace Sera.Benchmarks.Results;

/// <summary>One figure, measured a few times.</summary>
/// <param name="Case">What it was measured of: a row of the table.</param>
/// <param name="Figure">What was measured: a column.</param>
/// <param name="Unit">Of the samples.</param>
/// <param name="Samples">In the order they were taken; at least one.</param>
/// <param name="Goal">What it should be, in words; null = nothing was promised.</param>
internal sealed record Measurement(string Case, string Figure, string Unit, ImmutableArray<double> Samples, string? Goal = null)
{
    public double Median => Samples.Order().ElementAt(Samples.Length / 2) is var upper && Samples.Length % 2 == 1
        ? upper
        : (upper + Samples.Order().ElementAt((Samples.Length / 2) - 1)) / 2;

    public double Low => Samples.Min();

    public double High => Samples.Max();

    public static Measurement Of(string row, string figure, string unit, IEnumerable<double> samples, string? goal = null) =>
        new(row, figure, unit, [.. samples.Select(sample => Math.Round(sample, 4))], goal);

    /// <summary>The share of the samples in order, 0..1, by nearest rank.</summary>
    public static double Quantile(IReadOnlyList<double> samples, double share) =>
        samples.Order().ElementAt(Math.Clamp((int)Math.Ceiling(share * samples.Count) - 1, 0, samples.Count - 1));

    /// <summary>Median and spread, with three digits that count.</summary>
    public override string ToString() => Samples.Length == 1 ? Digits(Median) : $"{Digits(Median)} ({Digits(Low)} – {Digits(High)})";

    public static string Digits(double value)
    {
        var decimals = Math.Abs(value) switch { >= 99.95 => 0, >= 9.995 => 1, _ => 2 };
        return value.ToString("N" + decimals, CultureInfo.InvariantCulture);
    }
}
