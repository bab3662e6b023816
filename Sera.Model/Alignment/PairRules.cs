using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>The pair rules there are. A new one is a file of its own and a line here.</summary>
public static class PairRules
{
    public static readonly ImmutableArray<PairRule> All =
    [
        BestWorstPair.Rule,
        BestRandomPair.Rule,
        BestSecondPair.Rule,
    ];

    /// <summary>The rule where none is named.</summary>
    public static PairRule Default => BestWorstPair.Rule;

    /// <summary>Names as in bootstrap.pair-rule, for messages: "best-worst | ...".</summary>
    public static string Names => string.Join(" | ", All.Select(r => r.Name));

    /// <summary>Null when no rule has that name; names are case-sensitive.</summary>
    public static PairRule? Find(string name) => All.FirstOrDefault(r => r.Name == name);

    /// <summary>The rule the options name.</summary>
    /// <exception cref="ArgumentException">No rule has that name.</exception>
    public static PairRule Of(BootstrapOptions options) => options.PairRule is not { } name
        ? options.Segments is null ? Default : OriginalPair.Rule
        : Find(name) ?? throw new ArgumentException($"no pair rule named '{name}', expected {Names}", nameof(options));
}
