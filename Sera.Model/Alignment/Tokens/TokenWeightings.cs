using System.Collections.Immutable;

namespace Sera.Model.Alignment.Tokens;

/// <summary>The token weightings there are. A new one is a file beside this one and a line here.</summary>
public static class TokenWeightings
{
    /// <summary>The value of loss.token-weights that lets every token count alike.</summary>
    public const string None = "none";

    public static readonly ImmutableArray<TokenWeighting> All = [new LengthDesensitizedWeights(), new BridgedWeights()];

    /// <summary>Names as in loss.token-weights, for messages.</summary>
    public static string Names => string.Join(" | ", All.Select(w => w.Name).Prepend(None));

    /// <summary>null where there is none of that name.</summary>
    public static TokenWeighting? Find(string? name) => All.FirstOrDefault(w => w.Name == name);

    /// <summary>null where every token counts alike.</summary>
    /// <exception cref="ArgumentException">There is no weighting of that name.</exception>
    public static TokenWeighting? Of(LossOptions loss) => loss.TokenWeights is not { } name ? null
        : Find(name) ?? throw new ArgumentException($"no token weighting '{name}', expected {Names}", nameof(loss));
}
