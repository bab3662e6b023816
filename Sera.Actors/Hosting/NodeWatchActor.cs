using Akka.Actor;
using Akka.Remote;
using Sera.Actors.Control;

namespace Sera.Actors.Hosting;

/// <summary>Ends the node when it must not go on: its coordinator was fenced off, or the others speak to it no more.</summary>
internal sealed class NodeWatchActor : ReceiveActor
{
    public NodeWatchActor(Action end)
    {
        Context.System.EventStream.Subscribe(Self, typeof(CoordinatorFenced));
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        ReceiveAny(_ => end());
    }
}
