using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>
/// How alike two policies rank the responses to a prompt, 0 .. 1 (CREAM, arXiv 2410.12735, checked against its authors' code). Ranks are by value
/// ascending, equal values in the order of the responses; only ranks are compared, so the two rewards may have different scales.
/// </summary>
/// <param name="Name">The value of loss.consistency that chooses it.</param>
/// <param name="Of">Of the rewards of at least two responses under the one and under the other policy, all finite.</param>
public sealed record RankConsistency(string Name, Func<IReadOnlyList<double>, IReadOnlyList<double>, double> Of)
{
    /// <summary>The measures there are; the first is the default. A new one is a line here.</summary>
    public static readonly ImmutableArray<RankConsistency> All = [new("kendall", Kendall), new("spearman", Spearman), new("top-order", TopOrder)];

    /// <summary>null where none has that name; the default for null.</summary>
    public static RankConsistency? Find(string? name) => name is null ? All[0] : All.FirstOrDefault(m => m.Name == name);

    /// <summary>The consistency that stands for all pairs of a set (CREAM's average form): the mean of those that have one; null where none has.</summary>
    public static double? Mean(IEnumerable<double?> consistencies) => consistencies.Average();

    /// <summary>(tau + 1) / 2: the share of pairs of responses that both policies order alike.</summary>
    private static double Kendall(IReadOnlyList<double> current, IReadOnlyList<double> previous)
    {
        var (a, b) = (Ranks(current), Ranks(previous));
        var alike = 0;
        for (var i = 0; i < a.Length; i++)
            for (var j = i + 1; j < a.Length; j++) alike += a[i] < a[j] == b[i] < b[j] ? 1 : 0;
        return alike / (a.Length * (a.Length - 1) / 2.0);
    }

    /// <summary>(rho + 1) / 2.</summary>
    private static double Spearman(IReadOnlyList<double> current, IReadOnlyList<double> previous)
    {
        double n = current.Count;
        var squares = Ranks(current).Zip(Ranks(previous), (a, b) => (double)(a - b) * (a - b)).Sum();
        return 1 - 3 * squares / (n * (n * n - 1));
    }

    /// <summary>1 where both agree on the best and on the worst of all responses; else 0. (The authors' code compares the first and the last response instead.)</summary>
    private static double TopOrder(IReadOnlyList<double> current, IReadOnlyList<double> previous) =>
        Best(current) == Best(previous) && Worst(current) == Worst(previous) ? 1 : 0;

    private static int Best(IReadOnlyList<double> values) => Enumerable.Range(0, values.Count).MaxBy(i => values[i]);

    private static int Worst(IReadOnlyList<double> values) => Enumerable.Range(0, values.Count).MinBy(i => values[i]);

    private static int[] Ranks(IReadOnlyList<double> values)
    {
        var ranks = new int[values.Count];
        var rank = 0;
        foreach (var i in Enumerable.Range(0, values.Count).OrderBy(i => values[i])) ranks[i] = rank++;
        return ranks;
    }
}
