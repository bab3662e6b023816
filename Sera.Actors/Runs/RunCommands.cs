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
public sealed record ResumeRun(string RunId, string? Fingerprint = null) : IRunCommand;

/// <summary>The result of a work order the run announced, from the dispatcher.</summary>
/// <param name="Epoch">Under which the order was announced; a lower one than the run's is refused.</param>
public sealed record RecordWork(string RunId, long Epoch, WorkResult Result) : IRunCommand;

/// <summary>The dispatcher gave a work order up.</summary>
public sealed record GiveUpWork(string RunId, long Epoch, string WorkId, WorkFailureKind Failure, string Reason) : IRunCommand;

/// <summary>Answer to <see cref="StartRun"/> and <see cref="ResumeRun"/>.</summary>
/// <param name="Reason">Why not, in one line; null when accepted.</param>
public sealed record RunReply(string RunId, RunReplyKind Kind, string? Reason = null) : IWireMessage;
