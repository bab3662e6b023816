using System.Globalization;
using Sera.Host.Reports;

namespace Sera.Host.Experiments;

/// <summary>Means with their intervals as people read them: 54.3 ± 1.2 %.</summary>
internal static class EstimateText
{
    /// <summary>A dash where there is none.</summary>
    public static string Of(Estimate? estimate, FigureUnit unit) => Write(estimate, unit, "", unit == FigureUnit.Share ? " %" : "");

    /// <summary>With its sign; shares in percentage points.</summary>
    public static string Difference(Estimate? estimate, FigureUnit unit) => Write(estimate, unit, "+", unit == FigureUnit.Share ? " points" : "");

    private static string Write(Estimate? estimate, FigureUnit unit, string sign, string end)
    {
        if (estimate is null) return Figure.None;
        if (!double.IsFinite(estimate.Mean)) return "not finite";
        var scale = unit == FigureUnit.Share ? 100 : 1;
        var (mean, half) = (estimate.Mean * scale, estimate.HalfWidth * scale);
        var format = Format(unit, Math.Max(Math.Abs(mean), half ?? 0));
        var signed = sign.Length > 0 && mean > 0 ? sign : "";
        var interval = half is { } width ? $" ± {width.ToString(format, CultureInfo.InvariantCulture)}" : "";
        return $"{signed}{mean.ToString(format, CultureInfo.InvariantCulture)}{interval}{end}";
    }

    /// <summary>The same for both numbers, so that they line up: about four digits that count.</summary>
    private static string Format(FigureUnit unit, double size) => (unit, size) switch
    {
        (FigureUnit.Share, _) => "0.0",
        (FigureUnit.Count, 0 or >= 100) => "#,##0",
        (FigureUnit.Count, _) => "0.0",
        (_, 0) => "0.000",
        (_, >= 100_000 or < 0.001) => "0.00e0",
        (_, >= 1000) => "#,##0",
        (_, >= 100) => "0.0",
        (_, >= 10) => "0.00",
        _ => "0.000",
    };
}
