using Akka.Actor;
using Sera.Actors.Work;

namespace Sera.Actors.Runs;

/// <summary>The runs of a node, one child each, made when first spoken to. A run that breaks is stopped, never silently begun again.</summary>
internal sealed class RunsActor : ReceiveActor
{
    private readonly Dictionary<string, IActorRef> _askers = [];

    public RunsActor(IActorRef dispatcher, WorkSettings settings, CheckpointRemoval removal, TimeProvider clock)
    {
        Receive<IRunCommand>(command =>
        {
            _askers[command.RunId] = Sender;
            Child(command.RunId).Forward(command);
        });
        Receive<WatchRun>(watch => Child(watch.RunId).Forward(watch));
        // A run that cannot recover cannot answer for itself.
        Receive<RunStopped>(stopped =>
        {
            if (_askers.Remove(stopped.RunId, out var asker)) asker.Tell(new RunReply(stopped.RunId, RunReplyKind.Rejected, stopped.Reason));
            Context.System.EventStream.Publish(stopped);
        });

        IActorRef Child(string runId)
        {
            var child = Context.Child(runId);
            return child.IsNobody() ? Context.ActorOf(Props.Create(() => new RunActor(runId, dispatcher, settings, removal, clock)), runId) : child;
        }
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(e =>
    {
        Self.Tell(new RunStopped(Sender.Path.Name, WorkFailureKind.Other, $"the run broke: {WorkFailures.Describe(e)}"));
        return Directive.Stop;
    });
}
