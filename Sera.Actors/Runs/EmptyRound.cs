using Sera.Model.Alignment;

namespace Sera.Actors.Runs;

/// <summary>Why a round that has no pair to train on ends its run, in one line.</summary>
internal static class EmptyRound
{
    public static string Reason(RunOptions options, RoundState round)
    {
        var filtered = string.Join(", ", round.Filtered.Select(f => $"{f.Key} {f.Value}"));
        return $"round {round.Round}: no pair is left to train on ({(filtered.Length == 0 ? "nothing was filtered" : filtered)}); "
            + $"{Remedy(options, round)}look at the data";
    }

    /// <summary>A share or a count keeps at least one pair where there is any, so that neither is ever the reason.</summary>
    private static string Remedy(RunOptions options, RoundState round) => options.TrainingData switch
    {
        TrainingData.Prompts => $"{OnPolicy(options, round)}, or ",
        _ when round.Round == 1 => "",
        TrainingData.OnPolicy or TrainingData.Replay => $"{OnPolicy(options, round)}, set training.data = union, or ",
        _ when SelectionRules.Of(options.Selection).ByThreshold => "lower selection.threshold, or ",
        _ => "",
    };

    private static string OnPolicy(RunOptions options, RoundState round) => round.Filtered.OrderByDescending(f => f.Value).FirstOrDefault().Key switch
    {
        BootstrapFilters.Truncated => "raise sampling.max-new-tokens, set bootstrap.keep-truncated = true",
        _ when options.Bootstrap.Segments is not null => "raise bootstrap.segment-tokens or sampling.temperature",
        _ => "raise bootstrap.samples or sampling.temperature",
    };
}
