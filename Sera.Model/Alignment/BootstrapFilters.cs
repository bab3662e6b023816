namespace Sera.Model.Alignment;

/// <summary>Why a candidate pair was left out. Names as they stand in margins artifacts and in summary.json.</summary>
public static class BootstrapFilters
{
    /// <summary>Fewer than two responses were left once those with a reward that is not finite were out.</summary>
    public const string NonFinite = "non-finite";

    /// <summary>Fewer than two responses were left once the empty ones (nothing but white space) were out.</summary>
    public const string Empty = "empty";

    /// <summary>Fewer than two responses were left once those cut by the length limit were out.</summary>
    public const string Truncated = "truncated";

    /// <summary>The chosen and the rejected response are the same text.</summary>
    public const string Identical = "identical";

    /// <summary>The policy does not prefer the chosen response to the rejected one.</summary>
    public const string MarginNotPositive = "margin-not-positive";

    /// <summary>The same prompt with the same pair came under another id; the first id in ordinal order stays.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>A sound pair, but not among the K largest margins. Offline pairs too.</summary>
    public const string BelowK = "below-k";

    /// <summary>An offline pair that is not among the K smallest margins, where those are kept.</summary>
    public const string AboveK = "above-k";

    /// <summary>An offline pair that was not drawn, where those kept are drawn at random.</summary>
    public const string NotDrawn = "not-drawn";

    /// <summary>An offline pair that is not replayed because a bootstrapped one has its prompt.</summary>
    public const string SamePrompt = "same-prompt";

    /// <summary>An offline pair whose margin is below selection.threshold.</summary>
    public const string BelowThreshold = "below-threshold";
}
