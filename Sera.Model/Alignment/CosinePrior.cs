namespace Sera.Model.Alignment;

/// <summary>A prior of how alike two responses are, by what a frozen encoder makes of them (PCRM, arXiv 2404.00978).</summary>
public static class CosinePrior
{
    /// <summary>The cosine itself, as PC-DPO takes it.</summary>
    /// <returns>-1 .. 1; NaN where a vector is zero or not finite.</returns>
    public static double Similarity(ReadOnlySpan<float> chosen, ReadOnlySpan<float> rejected)
    {
        if (chosen.Length != rejected.Length) throw new ArgumentException($"vectors of {chosen.Length} and {rejected.Length} elements");
        var (dot, left, right) = (0.0, 0.0, 0.0);
        for (var i = 0; i < chosen.Length; i++)
        {
            dot += (double)chosen[i] * rejected[i];
            left += (double)chosen[i] * chosen[i];
            right += (double)rejected[i] * rejected[i];
        }
        return left == 0 || right == 0 ? double.NaN : Math.Clamp(dot / Math.Sqrt(left * right), -1, 1);
    }

    /// <summary>The angular form that reward models take: (pi - arccos c) / pi, with c at least 0.</summary>
    /// <param name="cosine">-1 .. 1.</param>
    /// <returns>0.5 .. 1.</returns>
    public static double Angular(double cosine) => (Math.PI - Math.Acos(Math.Clamp(cosine, 0, 1))) / Math.PI;
}
