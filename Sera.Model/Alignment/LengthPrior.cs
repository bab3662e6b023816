namespace Sera.Model.Alignment;

/// <summary>
/// A prior of how alike two responses are: the ratio of their lengths, counted from the first token where they differ (PCRM, arXiv 2404.00978,
/// checked against its authors' code). 1 where nothing is left of both.
/// </summary>
public static class LengthPrior
{
    /// <returns>0 .. 1.</returns>
    public static double Similarity(ReadOnlySpan<int> chosen, ReadOnlySpan<int> rejected)
    {
        var common = chosen.CommonPrefixLength(rejected);
        double longer = Math.Max(chosen.Length, rejected.Length) - common;
        return longer == 0 ? 1 : (Math.Min(chosen.Length, rejected.Length) - common) / longer;
    }
}
