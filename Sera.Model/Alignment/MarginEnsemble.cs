namespace Sera.Model.Alignment;

/// <summary>
/// m_ens = (1-g) m_(t-1) + g m_(t-2) (SeRA, arXiv 2410.09362, section 3.4). Linear, so it may be applied to rewards or to margins. In round 2
/// there is no m_(t-2) and g counts as 0. At g = 0 and g = 1 the other term is not read, not even when it is not finite.
/// </summary>
public static class MarginEnsemble
{
    public static double Combine(double previous, double? beforePrevious, double g)
    {
        CheckWeight(g);
        return (beforePrevious, g) switch
        {
            (null, _) or (_, 0) => previous,
            (double before, 1) => before,
            (double before, _) => (1 - g) * previous + g * before,
        };
    }

    /// <param name="beforePrevious">As many as <paramref name="previous"/>, or empty when there is no round t-2.</param>
    public static double[] Combine(ReadOnlySpan<double> previous, ReadOnlySpan<double> beforePrevious, double g)
    {
        CheckWeight(g);
        if (!beforePrevious.IsEmpty && beforePrevious.Length != previous.Length)
        {
            throw new ArgumentException($"{beforePrevious.Length} values before the previous round, {previous.Length} of the previous round");
        }
        var combined = new double[previous.Length];
        for (var i = 0; i < combined.Length; i++)
        {
            combined[i] = Combine(previous[i], beforePrevious.IsEmpty ? null : beforePrevious[i], g);
        }
        return combined;
    }

    private static void CheckWeight(double g)
    {
        if (g is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(g), g, "expected 0 .. 1");
        }
    }
}
