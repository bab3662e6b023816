using System.Collections.Immutable;

namespace Sera.Host.Reports;

/// <summary>The table of a run, one row a round: the same on the console and in the report.</summary>
internal static class SummaryColumns
{
    /// <summary>Columns with something in them, in order.</summary>
    public static ImmutableArray<SummaryColumn> Of(RunSummary summary)
    {
        var evaluated = summary.EvalKind == EvalKind.HeldOutReward ? "held-out reward accuracy" : "answers right";
        SummaryColumn[] all =
        [
            new("round", r => Figure.Count(r.Round)),
            new(evaluated, r => Figure.Percent(r.EvalAccuracy)),
            new("loss", r => Figure.Number(r.TrainLoss)),
            new("reward accuracy", r => Figure.Percent(r.RewardAccuracy)),
            new("margin", r => Figure.Number(r.MarginMean)),
            new("consistency", r => Figure.Number(r.Consistency)),
            new("trained on", r => Figure.Count(r.TrainPairs)),
            new("offline kept", Offline),
            new("bootstrapped", Bootstrapped),
            new("under scores", r => Figure.Count(r.Augmented)),
            new("flipped kept / in data", Flipped),
            new("tokens chosen / rejected", Lengths),
            new("work time", r => Figure.Seconds(r.Seconds?.Total)),
            new("policy", r => Figure.Digest(r.PolicySha256)),
        ];
        return [.. all.Where(c => summary.Rounds.Any(r => c.Cell(r) != Figure.None))];
    }

    private static string Offline(RoundSummary round) =>
        round.OfflineScored is > 0 ? $"{Figure.Count(round.OfflineKept)} of {Figure.Count(round.OfflineScored)}" : Figure.Count(round.OfflineKept);

    private static string Bootstrapped(RoundSummary round) => round.Generated is > 0
        ? $"{Figure.Count(round.BootstrappedKept)} from {Figure.Count(round.Generated)}"
        : Figure.Count(round.BootstrappedKept);

    private static string Lengths(RoundSummary round) =>
        round.ChosenLength is null ? Figure.None : $"{Figure.Number(round.ChosenLength)} / {Figure.Number(round.RejectedLength)}";

    private static string Flipped(RoundSummary round) =>
        round.Audit is null ? Figure.None : $"{Figure.Percent(round.Audit.FlippedKept)} / {Figure.Percent(round.Audit.FlippedInData)}";
}

internal sealed record SummaryColumn(string Title, Func<RoundSummary, string> Cell);
