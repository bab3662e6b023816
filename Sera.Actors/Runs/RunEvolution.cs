using System.Collections.Immutable;
using Sera.Actors.Work;

namespace Sera.Actors.Runs;

/// <summary>State from events. Total over the known events, without clock, randomness or input; throws on anything unknown.</summary>
public static class RunEvolution
{
    /// <param name="state">null before the first event.</param>
    /// <exception cref="InvalidOperationException">An event that cannot follow: the journal is not one run's whole history.</exception>
    public static RunState Evolve(RunState? state, IRunEvent @event)
    {
        if (@event is RunStarted started)
        {
            return state is null ? Start(started) : throw Misplaced(@event, "the run has started before");
        }
        if (state is null) throw Misplaced(@event, "the run has not started");
        var next = @event switch
        {
            RunResumed e => state with
            {
                Status = RunStatus.Running,
                Failure = null,
                Epoch = state.Epoch + 1,
                Fingerprint = e.Fingerprint,
                Fingerprints = state.Fingerprints.Contains(e.Fingerprint) ? state.Fingerprints : state.Fingerprints.Add(e.Fingerprint),
            },
            RoundOpened e => Open(state, e),
            RolloutsRecorded e => Spend(In(state, e.Round, e, r => e.Purpose switch
            {
                RolloutPurpose.Bootstrap => r with { Rollouts = r.Rollouts.Add(e.From, e) },
                RolloutPurpose.Evaluation => r with { Answers = r.Answers.Add(e.From, e) },
                RolloutPurpose.Exploration => r with { Explored = r.Explored.Add(e.From, e) },
                _ => throw Misplaced(e, $"unknown purpose {e.Purpose}"),
            }), e.Round, e.Effort),
            ScoresRecorded e => Spend(state with { Scores = state.Scores.Add(new ScoreKey(e.Policy, e.Rows, e.From, e.Reads), e) }, e.Round, e.Effort),
            PairsSelected e => Spend(In(state, e.Round, e, r => r with { Selected = e }), e.Round, e.Effort),
            PairsBootstrapped e => Spend(In(state, e.Round, e, r => r with { Bootstrapped = e }), e.Round, e.Effort),
            TrainingCheckpointed e => Spend(In(state, e.Round, e, r => r with { Checkpoints = r.Checkpoints.Add(e) }), e.Round, e.Effort),
            CheckpointsLost e => In(state, e.Round, e, r => r.Trained is null
                ? r with { Checkpoints = [], LostInEpoch = state.Epoch }
                : throw Misplaced(e, $"round {e.Round} is trained")),
            RoundTrained e => Spend(In(state, e.Round, e, r => r with { Trained = e }), e.Round, e.Effort),
            PolicyEvaluated e => Spend(In(state, e.Round, e, r => r with { Evaluated = e }), e.Round, e.Effort),
            RoundCompleted e => In(state, e.Round, e, r => r with { Completed = true, CompletedAt = e.At }),
            RunCompleted => state with { Status = RunStatus.Completed },
            RunPaused => state with { Status = RunStatus.Paused, Failure = null },
            RunCancelled => state with { Status = RunStatus.Cancelled, Failure = null },
            RunFailed e => state with { Status = RunStatus.Failed, Failure = e },
            _ => throw new InvalidOperationException($"unknown event {@event.GetType().Name}"),
        };
        return next with { UpdatedAt = @event.At, Events = state.Events + 1 };
    }

    /// <summary>The state after all of them; null for none.</summary>
    public static RunState? Replay(IEnumerable<IRunEvent> events) => events.Aggregate((RunState?)null, Evolve);

    private static RunState Start(RunStarted e) => new(
        e.RunId, e.Options, e.Inputs, e.Fingerprint, [e.Fingerprint], 1, RunStatus.Running, null,
        ImmutableDictionary<ScoreKey, ScoresRecorded>.Empty, [], e.At, e.At, 1);

    private static RunState Open(RunState state, RoundOpened e)
    {
        if (e.Round != state.Rounds.Length) throw Misplaced(e, $"round {state.Rounds.Length} is the next");
        return state with
        {
            Rounds = state.Rounds.Add(new RoundState(
                e.Round, e.Policy, e.Init, ImmutableSortedDictionary<int, RolloutsRecorded>.Empty,
                ImmutableSortedDictionary<int, RolloutsRecorded>.Empty, null, null, [], null, null, false, 0,
                ImmutableSortedDictionary<WorkKind, double>.Empty, ImmutableSortedDictionary<WorkKind, long>.Empty, e.At, null)),
        };
    }

    private static RunState In(RunState state, int round, IRunEvent e, Func<RoundState, RoundState> change)
    {
        if (round < 0 || round >= state.Rounds.Length) throw Misplaced(e, $"round {round} is not open");
        return state with { Rounds = state.Rounds.SetItem(round, change(state.Rounds[round])) };
    }

    private static RunState Spend(RunState state, int round, Effort effort) => state with
    {
        Rounds = state.Rounds.SetItem(round, state.Rounds[round] with
        {
            Seconds = state.Rounds[round].Seconds.SetItem(
                effort.Worker, state.Rounds[round].Seconds.GetValueOrDefault(effort.Worker) + effort.Seconds),
            Tokens = state.Rounds[round].Tokens.SetItem(
                effort.Worker, state.Rounds[round].Tokens.GetValueOrDefault(effort.Worker) + effort.Tokens),
        }),
    };

    private static InvalidOperationException Misplaced(IRunEvent e, string why) => new($"{e.GetType().Name} cannot stand here: {why}");
}
