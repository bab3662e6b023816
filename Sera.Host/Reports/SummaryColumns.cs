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
            new("policy", r => Figure.Digest(r.PolicySha256)),
            new("offline kept", r => r.OfflineScored is > 0 ? $"{Figure.Count(r.OfflineKept)} of {Figure.Count(r.OfflineScored)}" : Figure.Count(r.OfflineKept)),
            new("generated", r => Figure.Count(r.Generated)),
            new("bootstrapped", r => Figure.Count(r.BootstrappedKept)),
            new("trained on", r => Figure.Count(r.TrainPairs)),
            new("loss", r => Figure.Number(r.TrainLoss)),
            new("reward accuracy", r => Figure.Percent(r.RewardAccuracy)),
            new("margin", r => Figure.Number(r.MarginMean)),
            new("tokens chosen / rejected", r => r.ChosenLength is null ? Figure.None : $"{Figure.Number(r.ChosenLength)} / {Figure.Number(r.RejectedLength)}"),
            new("flipped kept", r => r.Audit is null ? Figure.None : $"{Figure.Percent(r.Audit.FlippedKept)} of {Figure.Percent(r.Audit.FlippedInData)}"),
            new(evaluated, r => Figure.Percent(r.EvalAccuracy)),
            new("work time", r => Figure.Seconds(r.Seconds?.Total)),
        ];
        return [.. all.Where(c => summary.Rounds.Any(r => c.Cell(r) != Figure.None))];
    }
}

internal sealed record SummaryColumn(string Title, Func<RoundSummary, string> Cell);
