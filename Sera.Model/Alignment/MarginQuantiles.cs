namespace Sera.Model.Alignment;

/// <summary>
/// Quantiles of the finite margins, linear between the order statistics: position p (n-1) (Hyndman and Fan type 7, the default of R and NumPy).
/// </summary>
public sealed record MarginQuantiles(double P10, double P25, double P50, double P75, double P90)
{
    /// <summary>Null when no margin is finite.</summary>
    public static MarginQuantiles? Of(IEnumerable<double> margins)
    {
        var sorted = margins.Where(double.IsFinite).Order().ToArray();
        return sorted.Length == 0
            ? null
            : new MarginQuantiles(At(sorted, 0.1), At(sorted, 0.25), At(sorted, 0.5), At(sorted, 0.75), At(sorted, 0.9));
    }

    private static double At(double[] sorted, double p)
    {
        var position = p * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
