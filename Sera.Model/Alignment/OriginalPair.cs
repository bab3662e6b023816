namespace Sera.Model.Alignment;

/// <summary>The original response is chosen, the one with a resampled segment rejected, whatever their rewards. What segments are paired by, and nothing else.</summary>
internal static class OriginalPair
{
    public static readonly PairRule Rule = new("original", "original against resampled", (_, fit, _, _) => fit[1], ChoosesFirst: true);
}
