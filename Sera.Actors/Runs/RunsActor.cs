using Akka.Actor;
using Akka.Event;
using Sera.Actors.Control;
using Sera.Actors.Work;

namespace Sera.Actors.Runs;

/// <summary>
/// The runs under one coordinator, one child each, made when first spoken to. A run that stops, as when its journal cannot be written, is stopped;
/// in a cluster it is begun again after a pause, which grows until the run records something.
/// </summary>
internal sealed class RunsActor : ReceiveActor, IWithTimers
{
    private readonly Dictionary<string, IActorRef> _askers = [];
    private readonly Dictionary<string, TimeSpan> _pauses = [];
    private readonly ControlSettings _control;

    public RunsActor(IActorRef dispatcher, CoordinatorParts parts)
    {
        _control = parts.Control;
        // Ids come from other nodes, and become names of actors.
        Receive<IRunCommand>(command => RunIds.Fault(command.RunId) is not null, command =>
            Sender.Tell(new RunReply(command.RunId, RunReplyKind.Rejected, RunIds.Fault(command.RunId))));
        Receive<IRunCommand>(command =>
        {
            _askers[command.RunId] = Sender;
            Child(command.RunId).Forward(command);
        });
        Receive<WatchRun>(watch => Child(watch.RunId).Forward(watch));
        // A run that cannot recover cannot answer for itself. Where it is begun again by itself, who asked hears nothing, and asks again.
        Receive<RunStopped>(stopped =>
        {
            var waits = stopped.Failure == WorkFailureKind.Disk && _control.Retry > TimeSpan.Zero;
            if (_askers.Remove(stopped.RunId, out var asker) && !waits) asker.Tell(new RunReply(stopped.RunId, RunReplyKind.Rejected, stopped.Reason));
            Context.System.EventStream.Publish(stopped);
            TryAgain(stopped);
        });
        Receive<RunAlive>(alive => _pauses.Remove(alive.RunId));
        Receive<GoOn>(again => Child(again.RunId).Tell(new ResumeRun(again.RunId, OnlyIfWorking: true), ActorRefs.NoSender));

        IActorRef Child(string runId)
        {
            var child = Context.Child(runId);
            return child.IsNobody() ? Context.ActorOf(Props.Create(() => new RunActor(runId, dispatcher, parts)), runId) : child;
        }
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(e =>
    {
        Self.Tell(new RunStopped(Sender.Path.Name, WorkFailureKind.Other, $"the run broke: {WorkFailures.Describe(e)}"));
        return Directive.Stop;
    });

    private void TryAgain(RunStopped stopped)
    {
        if (_control.Retry == TimeSpan.Zero) return;
        var pause = _pauses.GetValueOrDefault(stopped.RunId, _control.Retry);
        _pauses[stopped.RunId] = pause * 2 < _control.RetryLimit ? pause * 2 : _control.RetryLimit;
        Context.GetLogger().Warning("run {0} waits {1:0} s and goes on: {2}", stopped.RunId, pause.TotalSeconds, stopped.Reason);
        Timers.StartSingleTimer(stopped.RunId, new GoOn(stopped.RunId), pause);
    }

    private sealed record GoOn(string RunId) : INoSerializationVerificationNeeded;
}
