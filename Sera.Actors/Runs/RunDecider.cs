using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Alignment;

namespace Sera.Actors.Runs;

/// <summary>
/// Judges commands: pure, and never throws for a bad command. An accepted command brings every event that follows from it, such as the opening
/// of a round when the one before is trained, so that the journal never stops halfway through a decision.
/// </summary>
public static class RunDecider
{
    /// <param name="state">null while the run has not started.</param>
    /// <param name="now">Stamped on the events.</param>
    public static Decision Decide(RunState? state, IRunCommand command, DateTimeOffset now) => command switch
    {
        StartRun start => Start(state, start, now),
        ResumeRun resume => Resume(state, resume, now),
        PauseRun pause => Rest(state, pause.RunId, "paused", RunStatus.Paused, new RunPaused(now), now),
        CancelRun cancel => Rest(state, cancel.RunId, "cancelled", RunStatus.Cancelled, new RunCancelled(now), now),
        RecordWork record => Record(state, record, now),
        GiveUpWork given => GiveUp(state, given, now),
        _ => new Decision.Nothing(),
    };

    private static Decision Start(RunState? state, StartRun start, DateTimeOffset now)
    {
        if (state is not null) return Reject(start.RunId, RunReplyKind.Rejected, $"run {start.RunId} exists; resume it or choose another id");
        if (RunOptionsRules.Check(start.Options) is [var problem, ..])
            return Reject(start.RunId, RunReplyKind.Rejected, $"{problem.Key}: {problem.Found}; expected {problem.Expected}");
        var fromPrompts = start.Options.TrainingData == TrainingData.Prompts;
        if (fromPrompts && start.Options.Reward == RewardSource.Implicit && start.Inputs.Base is null && PreferenceLosses.NeedsReference(start.Options.Loss))
            return Reject(start.RunId, RunReplyKind.Rejected, "a run from prompts alone needs a policy to measure its first responses against; set policies.score-base");
        if (start.Options.Reward == RewardSource.Model != start.Inputs.RewardModel is not null)
            return Reject(start.RunId, RunReplyKind.Rejected, "reward.source and the reward model among the inputs do not go together");
        if (start.Options.Loss.RefinementPrompt is not null != start.Inputs.Prefix is not null)
            return Reject(start.RunId, RunReplyKind.Rejected, "loss.refinement-prompt and the prompt prefix among the inputs do not go together");
        if (start.Options.RewardPrefix is not null != start.Inputs.ScorePrefixes is not null)
            return Reject(start.RunId, RunReplyKind.Rejected, "training.reward-prefix and the score prefixes among the inputs do not go together");
        if (start.Inputs.Pairs.Count < 1 && !fromPrompts) return Reject(start.RunId, RunReplyKind.Rejected, "there are no offline pairs");
        if (start.Options.Bootstraps() && start.Options.Bootstrap.Segments is null && start.Inputs.Prompts is not { Count: > 0 })
            return Reject(start.RunId, RunReplyKind.Rejected, "there are no prompts to bootstrap from; give some or set training.data = offline");
        return Accept(state, [new RunStarted(start.RunId, start.Options, start.Inputs, start.Fingerprint, now)], now,
            new RunReply(start.RunId, RunReplyKind.Accepted));
    }

    private static Decision Resume(RunState? state, ResumeRun resume, DateTimeOffset now) => state?.Status switch
    {
        not RunStatus.Running when resume.OnlyIfWorking => new Decision.Nothing(),
        null => Reject(resume.RunId, RunReplyKind.Unknown, $"there is no run {resume.RunId}"),
        RunStatus.Completed => Reject(resume.RunId, RunReplyKind.Finished, $"run {resume.RunId} has completed"),
        RunStatus.Cancelled => Reject(resume.RunId, RunReplyKind.Rejected, $"run {resume.RunId} was cancelled; start a new one"),
        _ => Accept(state, [new RunResumed(resume.Fingerprint ?? state.Fingerprint, now)], now, new RunReply(resume.RunId, RunReplyKind.Accepted)),
    };

    /// <summary>A completed run neither pauses nor cancels; a cancelled one does not pause.</summary>
    private static Decision Rest(RunState? state, string runId, string what, RunStatus wanted, IRunEvent rest, DateTimeOffset now) => state?.Status switch
    {
        null => Reject(runId, RunReplyKind.Unknown, $"there is no run {runId}"),
        RunStatus.Completed => Reject(runId, RunReplyKind.Finished, $"run {runId} has completed"),
        var status when status == wanted => new Decision.Reject(new RunReply(runId, RunReplyKind.Accepted, $"run {runId} is {what} already")),
        RunStatus.Cancelled => Reject(runId, RunReplyKind.Rejected, $"run {runId} was cancelled"),
        _ => Accept(state, [rest], now, new RunReply(runId, RunReplyKind.Accepted)),
    };

    private static Decision Record(RunState? state, RecordWork record, DateTimeOffset now)
    {
        if (state is null || record.Epoch != state.Epoch) return new Decision.Nothing();
        var events = RunWork.Pending(state).Where(p => p.Order.WorkId == record.Result.WorkId && Fits(p.Order, record.Result))
            .Select(p => p.Record(record.Result, now)).ToImmutableArray();
        return events.IsEmpty ? new Decision.Nothing() : Accept(state, events, now, null);
    }

    private static Decision GiveUp(RunState? state, GiveUpWork given, DateTimeOffset now)
    {
        if (state is null || given.Epoch != state.Epoch || given.Failure == WorkFailureKind.Disk) return new Decision.Nothing();
        return RunWork.Outstanding(state).FirstOrDefault(o => o.WorkId == given.WorkId) is { } order
            ? Accept(state, [Consequence(state, order, given, now)], now, null)
            : new Decision.Nothing();
    }

    /// <summary>
    /// A lost checkpoint costs the time of its round and nothing else. Lost again in the same epoch, when the round has been trained again, the
    /// disk does not keep what is written to it.
    /// </summary>
    private static IRunEvent Consequence(RunState state, WorkOrder order, GiveUpWork given, DateTimeOffset now) => given.Failure switch
    {
        WorkFailureKind.Checkpoint when state.Rounds[order.Round].LostInEpoch < state.Epoch => new CheckpointsLost(order.Round, given.Reason, now),
        WorkFailureKind.Checkpoint => new RunFailed(WorkFailureKind.Damaged, given.Reason, now),
        var failure => new RunFailed(failure, given.Reason, now),
    };

    /// <summary>A result of another kind than the order's can only come from a fault; it is not recorded.</summary>
    private static bool Fits(WorkOrder order, WorkResult result) => order.Kind switch
    {
        WorkKind.Generate => result.Generated is not null,
        WorkKind.Score => result.Scored is not null,
        WorkKind.Select => result.Selected is not null,
        WorkKind.Bootstrap => result.Bootstrapped is not null,
        WorkKind.Train => result.Trained is { } trained && order.Train!.Segment is { } s
            && trained.Policy is not null == (s.ToStep == s.TotalSteps) && trained.Reference is not null == s.Syncs,
        WorkKind.Evaluate => result.Evaluated is not null,
        _ => false,
    };

    private static Decision.Reject Reject(string runId, RunReplyKind kind, string reason) => new(new RunReply(runId, kind, reason));

    private static Decision.Accept Accept(RunState? state, ImmutableArray<IRunEvent> events, DateTimeOffset now, RunReply? reply)
    {
        foreach (var e in events)
        {
            state = RunEvolution.Evolve(state, e);
        }
        while (Follows(state!, now) is { } next)
        {
            events = events.Add(next);
            state = RunEvolution.Evolve(state, next);
        }
        return new Decision.Accept(events, reply);
    }

    /// <summary>The next event that a state brings by itself.</summary>
    private static IRunEvent? Follows(RunState state, DateTimeOffset now)
    {
        if (state.Status != RunStatus.Running) return null;
        if (state.Rounds.IsEmpty) return new RoundOpened(0, state.Inputs.Policy, state.Inputs.Policy, now);
        var last = state.Rounds[^1];
        if (last.Round < state.Options.Rounds && last.Policy is { } policy)
        {
            var init = state.Options.Policies.Init == PolicyChoice.Sft ? state.Inputs.Policy : policy;
            return new RoundOpened(last.Round + 1, policy, init, now);
        }
        foreach (var round in state.Rounds)
        {
            if (round is { Completed: false, Evaluated: not null, Policy: { } own }) return new RoundCompleted(round.Round, own, now);
            if (WithoutPairs(state.Options, round)) return new RunFailed(WorkFailureKind.Input, EmptyRound.Reason(state.Options, round), now);
        }
        return state.FinalPolicy is { } final && state.Rounds.All(r => r.Completed) ? new RunCompleted(final, now) : null;
    }

    private static bool WithoutPairs(RunOptions options, RoundState round) =>
        round is { Round: > 0, Trained: null, TrainPairs: 0 }
        && (round.Selected is not null || !options.SelectsIn(round.Round))
        && (round.Bootstrapped is not null || !options.BootstrapsIn(round.Round));
}
