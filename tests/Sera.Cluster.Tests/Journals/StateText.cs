using System.Globalization;
using System.Text;
using Sera.Actors.Runs;
using Sera.Actors.Work;

namespace Sera.Cluster.Tests.Journals;

/// <summary>What a run came to, as text to be approved. Work ids are left out: they may change between releases, and nothing breaks (docs/wire.md).</summary>
internal static class StateText
{
    public static string Of(RunState state)
    {
        var text = new StringBuilder();
        Line($"run {state.RunId}: {state.Status}, epoch {state.Epoch}, {state.Events} events, {state.StartedAt:O} to {state.UpdatedAt:O}");
        if (state.Failure is { } failure) Line($"failed: {failure.Failure}: {failure.Reason}");
        Line($"computed on: {string.Join("; ", state.Fingerprints)}");
        Line($"starts from {state.Inputs.Policy.Digest}, seed {state.Options.Seed}, {state.Options.Rounds} rounds, {state.Options.Loss.Name}");
        Line($"rows: pairs {state.Inputs.Pairs.Count}, prompts {state.Inputs.Prompts?.Count}, held out {state.Inputs.HeldOut?.Count}, evaluation {state.Inputs.Evaluation?.Count}");
        Line($"scores: {state.Scores.Count} of {state.Scores.Values.Sum(s => s.Result.Rows)} rows");
        foreach (var round in state.Rounds) Add(round);
        var open = RunWork.Outstanding(state);
        Line($"open work: {open.Length}");
        foreach (var order in open) Line($"  {Describe(order)}");
        return text.ToString();

        void Add(RoundState round)
        {
            Line($"round {round.Round}{(round.Completed ? ", completed" : "")}: scorer {round.Scorer.Digest}, starts from {round.Init.Digest}");
            Line($"  selected {round.OfflineKept} of {round.Selected?.Result.Statistics.Candidates}, bootstrapped {round.BootstrappedKept} of {round.Bootstrapped?.Result.Statistics.Candidates}");
            Line($"  rollouts {round.Generated} in {round.Rollouts.Count} shards, answers {round.Answers.Values.Sum(a => a.Result.Responses)} in {round.Answers.Count} shards");
            foreach (var checkpoint in round.Checkpoints) Line($"  checkpoint {checkpoint.FromStep}..{checkpoint.ToStep} {checkpoint.Result.Checkpoint!.Sha256}");
            Line($"  trained {round.Trained?.FromStep}..{round.Trained?.ToStep}, mean loss {round.TrainLoss}, policy {round.Policy?.Digest}, checkpoints lost in epoch {round.LostInEpoch}");
            if (round.Evaluated is { Result: var measured }) Line($"  measured {measured.EvalAccuracy} of {measured.Checked}, {measured.RewardAccuracy} of {measured.HeldOutPairs}, margin {measured.MarginMean}");
            Line($"  tokens {string.Join(", ", round.Tokens.Select(t => $"{t.Key} {t.Value}"))}; seconds {string.Join(", ", round.Seconds.Select(t => FormattableString.Invariant($"{t.Key} {t.Value:0.000}")))}");
        }

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Describe(WorkOrder order) => $"round {order.Round} {order.Kind}, {order.Units} units" + order switch
    {
        { Generate: { } generate } => $", prompts {generate.From}..{generate.To} under {generate.Policy.Digest}",
        { Score: { } score } => $", rows {score.From}..{score.To} of {score.Rows.Sha256} under {score.Policy.Digest}",
        { Train: { Segment: var segment } } => $", steps {segment.FromStep}..{segment.ToStep} of {segment.TotalSteps} from {segment.Checkpoint?.Sha256 ?? segment.Start.Digest}",
        _ => "",
    };
}
