using System.Collections.Immutable;

namespace Sera.Model.Evaluation;

/// <summary>Quantiles by linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996; NumPy's default).</summary>
public static class Quantiles
{
    /// <param name="sorted">Ascending, finite, at least one.</param>
    /// <param name="levels">Each in [0, 1].</param>
    public static ImmutableArray<double> Of(IReadOnlyList<double> sorted, ImmutableArray<double> levels) =>
        [.. levels.Select(level => At(sorted, level))];

    private static double At(IReadOnlyList<double> sorted, double level)
    {
        var position = level * (sorted.Count - 1);
        var below = (int)Math.Floor(position);
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
