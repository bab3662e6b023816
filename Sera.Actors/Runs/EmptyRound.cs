using Sera.Model.Alignment;

namespace Sera.Actors.Runs;

/// <summary>Why a round that has no pair to train on ends its run, in one line.</summary>
internal static class EmptyRound
{
    public static string Reason(RunOptions options, RoundState round)
    {
        var filtered = string.Join(", ", round.Filtered.Select(f => $"{f.Key} {f.Value}"));
        return $"round {round.Round}: no pair is left to train on ({(filtered.Length == 0 ? "nothing was filtered" : filtered)}); "
            + $"{Remedy(options, round)}, or look at the data";
    }

    private static string Remedy(RunOptions options, RoundState round)
    {
        var offline = SelectionRules.Of(options.Selection).ByThreshold ? "lower selection.threshold" : "raise selection.keep";
        return options.TrainingData switch
        {
            TrainingData.Offline => offline,
            TrainingData.OnPolicy when round.Round > 1 => $"{OnPolicy(round)}, set training.data = union",
            _ => $"{offline} or bootstrap.keep",
        };
    }

    private static string OnPolicy(RoundState round) => round.Filtered.OrderByDescending(f => f.Value).FirstOrDefault().Key switch
    {
        BootstrapFilters.Truncated => "raise sampling.max-new-tokens, set bootstrap.keep-truncated = true",
        _ => "raise bootstrap.samples or sampling.temperature",
    };
}
