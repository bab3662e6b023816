namespace Sera.Model.Alignment;

/// <summary>
/// Rewards as whole scores that a prompt can ask for (reward-augmented pairs, arXiv 2410.08067, where a judge gives them). Implicit rewards have no
/// scale of their own, so the score is the tenth of all rewards that one is in (ours).
/// </summary>
public static class RewardScores
{
    /// <summary>The best; the worst is 1.</summary>
    public const int Best = 10;

    /// <summary>Where a prompt's text has the score.</summary>
    public const string Slot = "{score}";

    /// <summary>The text that asks for a score.</summary>
    public static string Text(string template, int score) => template.Replace(Slot, FormattableString.Invariant($"{score}"), StringComparison.Ordinal);

    /// <summary>1 .. <see cref="Best"/> of each reward; equal ones have the same, and the order does not matter.</summary>
    /// <param name="rewards">Finite, reward units.</param>
    public static int[] Of(IReadOnlyList<double> rewards)
    {
        var sorted = rewards.Order().ToArray();
        return [.. rewards.Select(r => 1 + (int)(Best * Middle(sorted, r) / sorted.Length))];
    }

    /// <summary>Mean place, from 0, of those that equal the reward.</summary>
    private static double Middle(double[] sorted, double reward)
    {
        var (below, notAbove) = (Count(r => r < reward), Count(r => r <= reward));
        return (below + notAbove - 1) / 2.0;

        int Count(Func<double, bool> comesFirst)
        {
            var (from, to) = (0, sorted.Length);
            while (from < to)
            {
                var middle = (from + to) / 2;
                if (comesFirst(sorted[middle])) from = middle + 1;
                else to = middle;
            }
            return from;
        }
    }
}
