namespace Sera.Model.Alignment;

/// <summary>The runner-up by reward is rejected, the first of equals: the finest distinction the policy makes. The same text as the best may be it.</summary>
internal static class BestSecondPair
{
    public static readonly PairRule Rule = new(
        "best-second", "best against second", (prompt, fit, best, _) => fit.Where(i => i != best).MaxBy(i => prompt.Responses[i].Reward));
}
