namespace Sera.Model.Alignment;

/// <summary>Any other fit response is rejected, each as likely; the draw depends on the seed and the prompt's id alone.</summary>
internal static class BestRandomPair
{
    public static readonly PairRule Rule = new("best-random", "best against random", Reject, Draws: true);

    private static int Reject(BootstrapPrompt prompt, IReadOnlyList<int> fit, int best, ulong seed)
    {
        var others = fit.Where(i => i != best).ToArray();
        return others[new SeededRandom(SeedTree.Child(seed, prompt.Id)).NextBelow(others.Length)];
    }
}
