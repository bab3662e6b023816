using System.Globalization;

namespace Sera.Host.Reports;

/// <summary>Numbers as people read them, the same on every machine.</summary>
internal static class Figure
{
    /// <summary>What stands where there is no number.</summary>
    public const string None = "–";

    /// <summary>Four significant digits and no exponent between 0.001 and 100,000.</summary>
    public static string Number(double? value)
    {
        if (value is not { } number)
        {
            return None;
        }
        if (!double.IsFinite(number))
        {
            return "not finite";
        }
        var size = Math.Abs(number);
        return size switch
        {
            0 => "0",
            >= 100_000 or < 0.001 => number.ToString("0.00e0", CultureInfo.InvariantCulture),
            >= 1000 => number.ToString("#,##0", CultureInfo.InvariantCulture),
            >= 100 => number.ToString("0.0", CultureInfo.InvariantCulture),
            >= 10 => number.ToString("0.00", CultureInfo.InvariantCulture),
            _ => number.ToString("0.000", CultureInfo.InvariantCulture),
        };
    }

    public static string Count(int? value) => value?.ToString("#,##0", CultureInfo.InvariantCulture) ?? None;

    public static string Percent(double? share) =>
        share is { } value && double.IsFinite(value) ? (value * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %" : None;

    public static string Seconds(double? seconds) => seconds switch
    {
        null => None,
        < 60 => seconds.Value.ToString("0.0", CultureInfo.InvariantCulture) + " s",
        < 3600 => string.Create(CultureInfo.InvariantCulture, $"{(int)seconds / 60} min {(int)seconds % 60} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)seconds / 3600} h {(int)seconds % 3600 / 60} min"),
    };

    /// <summary>The first twelve digits of a digest.</summary>
    public static string Digest(string? sha256) => sha256 is null ? None : sha256.Length <= 12 ? sha256 : sha256[..12];

    /// <summary>A coordinate, to a hundredth.</summary>
    public static string Coordinate(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);
}
