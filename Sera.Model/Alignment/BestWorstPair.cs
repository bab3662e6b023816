namespace Sera.Model.Alignment;

/// <summary>The smallest reward is rejected, the first of equals. The default.</summary>
internal static class BestWorstPair
{
    public static readonly PairRule Rule = new(
        "best-worst", "best against worst", (prompt, fit, _, _) => fit.MinBy(i => prompt.Responses[i].Reward));
}
