using System.Text.Json.Serialization;
using Sera.Actors.Serialization;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Engine;

namespace Sera.Actors.Runs;

/// <summary>A fact in the life of a run, as the journal keeps it: decisions, references and numbers, never rows or tensors.</summary>
public interface IRunEvent : IWireMessage
{
    DateTimeOffset At { get; }
}

public sealed record RunStarted(string RunId, RunOptions Options, RunInputs Inputs, string Fingerprint, DateTimeOffset At) : IRunEvent;

/// <summary>The run goes on after a stop or a failure, under a higher epoch.</summary>
public sealed record RunResumed(string Fingerprint, DateTimeOffset At) : IRunEvent;

/// <summary>Somebody asked the run to rest: no more work is handed out until it is resumed.</summary>
public sealed record RunPaused(DateTimeOffset At) : IRunEvent;

/// <summary>Somebody asked the run to end; it cannot be resumed.</summary>
public sealed record RunCancelled(DateTimeOffset At) : IRunEvent;

/// <summary>A round may begin, because the one before is trained.</summary>
/// <param name="Policy">pi_(t-1): it scores, selects and generates; in round 0 the starting policy, which is only measured.</param>
/// <param name="Init">Where training starts from.</param>
public sealed record RoundOpened(int Round, PolicyRef Policy, PolicyRef Init, DateTimeOffset At) : IRunEvent;

/// <summary>Prompts From..To have responses.</summary>
public sealed record RolloutsRecorded(
    int Round, RolloutPurpose Purpose, int From, int To, string WorkId, GeneratedRollouts Result, Effort Effort, DateTimeOffset At) : IRunEvent;

/// <summary>Rows From..To of an artifact have scores under a policy. Other rounds may read them too.</summary>
/// <param name="Round">Round in which they were first needed.</param>
/// <param name="Rows">SHA-256 of the scored artifact.</param>
/// <param name="Reads">What they hold beside summed log-probabilities; null = nothing.</param>
public sealed record ScoresRecorded(
    int Round, PolicyRef Policy, string Rows, int From, int To, string WorkId, ScoredRows Result, Effort Effort, DateTimeOffset At,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ScoreReads? Reads = null) : IRunEvent;

public sealed record PairsSelected(int Round, string WorkId, SelectedPairs Result, Effort Effort, DateTimeOffset At) : IRunEvent;

public sealed record PairsBootstrapped(int Round, string WorkId, BootstrappedPairs Result, Effort Effort, DateTimeOffset At) : IRunEvent;

/// <summary>Steps FromStep..ToStep are done and can be gone on from.</summary>
public sealed record TrainingCheckpointed(
    int Round, int FromStep, int ToStep, string WorkId, TrainedSegment Result, Effort Effort, DateTimeOffset At) : IRunEvent;

/// <summary>The last checkpoint of a round is not there any more: what the round has trained is forgotten, and it trains again from its start.</summary>
/// <param name="Reason">One line: which file, and what is wrong with it.</param>
public sealed record CheckpointsLost(int Round, string Reason, DateTimeOffset At) : IRunEvent;

/// <summary>The last steps of a round are done; its policy is there.</summary>
public sealed record RoundTrained(
    int Round, int FromStep, int ToStep, PolicyRef Policy, string WorkId, TrainedSegment Result, Effort Effort, DateTimeOffset At) : IRunEvent;

public sealed record PolicyEvaluated(int Round, string WorkId, MeasuredPolicy Result, Effort Effort, DateTimeOffset At) : IRunEvent;

/// <summary>A round is trained and measured.</summary>
public sealed record RoundCompleted(int Round, PolicyRef Policy, DateTimeOffset At) : IRunEvent;

/// <param name="Policy">The aligned policy.</param>
public sealed record RunCompleted(PolicyRef Policy, DateTimeOffset At) : IRunEvent;

/// <summary>The run cannot go on; resuming it tries again.</summary>
/// <param name="Reason">One line: what, where, what to do.</param>
public sealed record RunFailed(WorkFailureKind Failure, string Reason, DateTimeOffset At) : IRunEvent;
