using System.Collections.Immutable;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Host.Reports;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Host.Runs;

/// <summary>The summary of a run from its state; also of one that still runs.</summary>
internal static class RunSummaries
{
    public static RunSummary Of(RunState state, RunRecord record, RunFolder run)
    {
        var gold = state.Inputs.Evaluation is not null;
        var heldOut = state.Rounds.Select(round => round.Evaluated?.Result.RewardAccuracy).OfType<double>().ToList();
        var store = new ArtifactStore(run.Work);
        return new RunSummary(
            state.RunId,
            state.Options.Seed,
            string.Join("; ", state.Fingerprints),
            gold ? EvalKind.Gold : state.Inputs.HeldOut is not null ? EvalKind.HeldOutReward : null,
            heldOut.Count > 1 ? new BeforeAfter(heldOut[0], heldOut[^1]) : null,
            new DataCounts(record.TrainPairs, record.HeldOutPairs, record.Prompts, record.EvalPrompts, record.Dropped, record.Labels, record.Cut),
            [.. state.Rounds.Where(round => round.Policy is not null).Select(round => Round(round, gold, store))],
            state.FinalPolicy?.Digest,
            state.FinalPolicy is not null && Directory.Exists(run.Policy) ? run.Policy : null);
    }

    private static RoundSummary Round(RoundState round, bool gold, ArtifactStore store)
    {
        var accuracy = gold ? round.Evaluated?.Result.EvalAccuracy : round.Evaluated?.Result.RewardAccuracy;
        if (round.Round == 0) return new RoundSummary(0, round.Policy!.Digest, EvalAccuracy: accuracy);
        var steps = round.Segments.Sum(segment => segment.Means.Steps);
        var kept = new[] { round.Selected?.Result.Statistics, round.Bootstrapped?.Result.Statistics }.OfType<PairStatistics>().Where(pairs => pairs.Kept > 0).ToList();
        var margins = KeptMargins(round, store);
        return new RoundSummary(
            round.Round,
            round.Policy!.Digest,
            round.OfflineScored,
            round.OfflineKept,
            round.Generated,
            round.BootstrappedKept,
            round.Filtered,
            round.TrainPairs,
            round.TrainLoss,
            steps == 0 ? null : round.Segments.Sum(segment => segment.Means.Accuracy * segment.Means.Steps) / steps,
            margins.Length == 0 ? null : margins.Average(),
            MarginQuantiles.Of(margins),
            Mean(kept, pairs => pairs.ChosenLength),
            Mean(kept, pairs => pairs.RejectedLength),
            accuracy,
            round.Selected?.Result.Audit is { } audit ? new FlippedAudit(audit.FlippedInData, audit.FlippedKept) : null,
            new PhaseSeconds(
                Seconds(round, WorkKind.Score),
                Seconds(round, WorkKind.Generate),
                Seconds(round, WorkKind.Select),
                Seconds(round, WorkKind.Bootstrap),
                Seconds(round, WorkKind.Train),
                Seconds(round, WorkKind.Evaluate)),
            Mean([.. kept.Where(pairs => pairs.Consistency is not null)], pairs => pairs.Consistency!.Value),
            round.Bootstrapped?.Result.Calibration,
            round.Augmented == 0 ? null : round.Augmented);
    }

    private static double[] KeptMargins(RoundState round, ArtifactStore store) =>
    [
        .. round.Margins.SelectMany(margins => RowFile.Read(store.Read(margins), RowJson.Default.MarginRow))
            .Where(row => row.Kept && double.IsFinite(row.Margin)).Select(row => row.Margin),
    ];

    private static double? Mean(List<PairStatistics> pairs, Func<PairStatistics, double> value) =>
        pairs.Count == 0 ? null : pairs.Sum(each => value(each) * each.Kept) / pairs.Sum(each => each.Kept);

    private static double Seconds(RoundState round, WorkKind kind) => round.Seconds.GetValueOrDefault(kind);
}
