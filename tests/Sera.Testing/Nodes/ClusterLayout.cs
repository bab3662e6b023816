using System.Collections.Immutable;

namespace Sera.Testing.Nodes;

/// <summary>Which nodes a cluster has: a name and the roles of each, control nodes first.</summary>
internal sealed record ClusterLayout(ImmutableArray<(string Name, string Roles)> Nodes)
{
    /// <summary>Further arguments of every node.</summary>
    public ImmutableArray<string> Arguments { get; init; } = [];

    /// <summary>No proxy between the nodes and PostgreSQL: nothing can be cut, and nothing is in the way of a measurement.</summary>
    public bool Straight { get; init; }

    /// <summary>What compose.yaml starts.</summary>
    public static ClusterLayout Eight { get; } = Of(control: 3, generate: 2, score: 2, train: 1);

    public static ClusterLayout Of(int control, int generate, int score, int train) => new(
    [
        .. Several("control", control), .. Several("generate", generate), .. Several("score", score), .. Several("train", train),
    ]);

    private static IEnumerable<(string Name, string Roles)> Several(string role, int count) =>
        Enumerable.Range(1, count).Select(number => ($"{role}-{number}", role));
}
