using System.Collections.Immutable;
using System.Globalization;

namespace Sera.Host.Reports;

/// <summary>A linear scale whose ticks are multiples of 1, 2 or 5 times a power of ten.</summary>
internal sealed record Axis(double Min, double Max, ImmutableArray<double> Ticks)
{
    private const int WantedTicks = 5;

    /// <summary>Covers the finite values to the next ticks; 0 .. 1 when there are none.</summary>
    public static Axis Covering(IEnumerable<double> values)
    {
        var finite = values.Where(double.IsFinite).ToArray();
        var (low, high) = finite.Length == 0 ? (0, 1) : (finite.Min(), finite.Max());
        if (high - low <= Math.Max(Math.Abs(low), Math.Abs(high)) * 1e-9)
        {
            var room = high == 0 ? 1 : Math.Abs(high) / 2;
            (low, high) = (low - room, high + room);
        }
        var step = Step(high / WantedTicks - low / WantedTicks);
        var (first, last) = (Math.Floor(low / step), Math.Ceiling(high / step));
        return new Axis(first * step, last * step, [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)]);
    }

    /// <summary>Whole numbers from low to high, every one a tick while there are few.</summary>
    public static Axis Whole(int low, int high)
    {
        var step = Math.Max(1, (int)Step((high - low) / (double)WantedTicks));
        return new Axis(low, Math.Max(high, low + 1), [.. Enumerable.Range(0, (high - low) / step + 1).Select(i => (double)low + i * step)]);
    }

    /// <summary>A tick as text.</summary>
    public static string Label(double tick)
    {
        var rounded = Math.Round(tick, 10);
        return Math.Abs(rounded) is >= 1e6 or (> 0 and < 1e-4)
            ? rounded.ToString("0.#e0", CultureInfo.InvariantCulture)
            : rounded.ToString("#,##0.#####", CultureInfo.InvariantCulture);
    }

    private static double Step(double wanted)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(wanted, double.Epsilon * 1e10))));
        return (wanted / power) switch
        {
            <= 1 => power,
            <= 2 => 2 * power,
            <= 5 => 5 * power,
            _ => 10 * power,
        };
    }
}
