namespace Sera.Model.Alignment;

/// <summary>Every margin that reaches the threshold, however many they are; largest first. This project's, not SeRA's.</summary>
internal static class ThresholdSelection
{
    public static readonly SelectionRule Rule = new(
        "threshold", BootstrapFilters.BelowThreshold,
        (candidates, bounds) => TopSelection.Ranked(candidates).TakeWhile(c => c.Margin >= bounds.Threshold), ByThreshold: true);
}
