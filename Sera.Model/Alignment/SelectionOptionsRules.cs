namespace Sera.Model.Alignment;

/// <summary>The part of <see cref="RunOptionsRules"/> that decides which pairs a round trains on.</summary>
internal static class SelectionOptionsRules
{
    public static void Check(OptionFindings findings, SelectionOptions selection)
    {
        findings.Require(selection.Keep is > 0 and <= 1, "selection.keep", selection.Keep, "(0, 1]");
        findings.Require(selection.KeepPairs >= 0, "selection.keep-pairs", selection.KeepPairs, "a whole number >= 1, or 0 for selection.keep");
        var rule = selection.Rule is { } name ? SelectionRules.Find(name) : SelectionRules.Default;
        findings.Require(rule is not null, "selection.rule", selection.Rule ?? "", SelectionRules.Names);
        if (rule is not null) CheckThreshold(findings, selection, rule);
        findings.Require(selection.Ensemble is >= 0 and <= 1, "selection.ensemble", selection.Ensemble, "0 .. 1");
    }

    public static void Check(OptionFindings findings, BootstrapOptions bootstrap)
    {
        findings.Require(bootstrap.Keep is >= 0 and <= 1, "bootstrap.keep", bootstrap.Keep, "0 .. 1");
        findings.Require(bootstrap.KeepPairs >= 0, "bootstrap.keep-pairs", bootstrap.KeepPairs, "a whole number >= 1, or 0 for bootstrap.keep");
        findings.Require(
            bootstrap.PairRule is not { } name || PairRules.Find(name) is not null, "bootstrap.pair-rule", bootstrap.PairRule ?? "", PairRules.Names);
        findings.Require(
            bootstrap.PairRule is null || bootstrap.Segments is null, "bootstrap.pair-rule", bootstrap.PairRule ?? "",
            $"{PairRules.Default.Name} with bootstrap.source = segments, whose pairs are given");
        findings.Require(bootstrap.Segments is null or { Tokens: >= 1 }, "bootstrap.segment-tokens", bootstrap.Segments?.Tokens ?? 0, "a whole number >= 1");
        findings.Require(bootstrap.Samples is >= 2 and <= 64, "bootstrap.samples", bootstrap.Samples, "2 .. 64");
    }

    public static void Check(OptionFindings findings, TrainingData data, double? replayShare, BootstrapOptions bootstrap)
    {
        findings.Require(Enum.IsDefined(data), "training.data", data, "union | offline | on-policy | replay | prompts");
        findings.Require(
            data is TrainingData.Union or TrainingData.Offline || bootstrap is not { Keep: 0, KeepPairs: 0 }, "training.data",
            data == TrainingData.OnPolicy ? "on-policy" : data.ToString().ToLowerInvariant(), "union or offline where bootstrap.keep = 0 leaves no bootstrapped pair");
        findings.Require(
            bootstrap.Segments is null || data != TrainingData.Prompts, "bootstrap.source", "segments",
            "responses with training.data = prompts, which has no pairs to draw segments of");
        findings.Require(
            replayShare is null || data == TrainingData.Replay, "training.replay-share", replayShare ?? 0, "nothing unless training.data = replay, which alone reads it");
        findings.Require(replayShare is null or (> 0 and < 1), "training.replay-share", replayShare ?? 0, "a number above 0 and below 1");
    }

    /// <summary>A threshold that no rule reads, and a count that the rule does not read, would be silently without effect.</summary>
    private static void CheckThreshold(OptionFindings findings, SelectionOptions selection, SelectionRule rule)
    {
        findings.Require(
            !rule.ByThreshold || selection.KeepPairs == 0, "selection.keep-pairs", selection.KeepPairs,
            $"0 with selection.rule = {rule.Name}, which keeps by margin");
        if (rule.ByThreshold)
        {
            findings.Require(
                selection.Threshold is { } least && double.IsFinite(least), "selection.threshold", (object?)selection.Threshold ?? "not given",
                $"a number, which selection.rule = {rule.Name} needs");
            return;
        }
        findings.Require(
            selection.Threshold is null, "selection.threshold", selection.Threshold ?? 0,
            $"none with selection.rule = {rule.Name}; only the rule {ThresholdSelection.Rule.Name} reads it");
    }
}
