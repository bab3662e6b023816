using Sera.Actors.Serialization;
using Sera.Actors.Work;
using Sera.Model.Alignment;

namespace Sera.Actors.Runs;

/// <summary>Something asked of one run, which <see cref="RunDecider"/> judges.</summary>
public interface IRunCommand : IWireMessage
{
    string RunId { get; }
}

/// <summary>Begins a run under an id that no run has.</summary>
/// <param name="Fingerprint">Of the engines that will do the work (IPolicyEngine.Fingerprint).</param>
public sealed record StartRun(string RunId, RunOptions Options, RunInputs Inputs, string Fingerprint) : IRunCommand;

/// <summary>Goes on with a run that stopped or failed.</summary>
/// <param name="Fingerprint">Of the engines that will do the rest; null = as before.</param>
/// <param name="OnlyIfWorking">From a coordinator that takes over: a run that rests is left alone.</param>
public sealed record ResumeRun(string RunId, string? Fingerprint = null, bool OnlyIfWorking = false) : IRunCommand;

/// <summary>Lets a run rest: its leases are withdrawn, what is recorded stays. Repeats are harmless.</summary>
public sealed record PauseRun(string RunId) : IRunCommand;

/// <summary>Ends a run for good. Repeats are harmless.</summary>
public sealed record CancelRun(string RunId) : IRunCommand;

/// <summary>The result of a work order the run announced, from the dispatcher.</summary>
/// <param name="Epoch">Under which the order was announced; a lower one than the run's is refused.</param>
public sealed record RecordWork(string RunId, long Epoch, WorkResult Result) : IRunCommand;

/// <summary>The dispatcher gave a work order up.</summary>
public sealed record GiveUpWork(string RunId, long Epoch, string WorkId, WorkFailureKind Failure, string Reason) : IRunCommand;

/// <summary>Answer to whoever starts, resumes, pauses or cancels a run.</summary>
/// <param name="Reason">Why not, in one line; null when accepted.</param>
public sealed record RunReply(string RunId, RunReplyKind Kind, string? Reason = null) : IWireMessage;
