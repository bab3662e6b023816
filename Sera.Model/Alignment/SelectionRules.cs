using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>The selection rules there are. A new one is a file of its own and a line here.</summary>
public static class SelectionRules
{
    public static readonly ImmutableArray<SelectionRule> All =
    [
        TopSelection.Rule,
        RandomSelection.Rule,
        BottomSelection.Rule,
        ThresholdSelection.Rule,
    ];

    /// <summary>The rule where none is named.</summary>
    public static SelectionRule Default => TopSelection.Rule;

    /// <summary>Names as in selection.rule, for messages: "top | random | ...".</summary>
    public static string Names => string.Join(" | ", All.Select(r => r.Name));

    /// <summary>Null when no rule has that name; names are case-sensitive.</summary>
    public static SelectionRule? Find(string name) => All.FirstOrDefault(r => r.Name == name);

    /// <summary>The rule the options name.</summary>
    /// <exception cref="ArgumentException">No rule has that name.</exception>
    public static SelectionRule Of(SelectionOptions options) => options.Rule is not { } name
        ? Default
        : Find(name) ?? throw new ArgumentException($"no selection rule named '{name}', expected {Names}", nameof(options));
}
