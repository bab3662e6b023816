using System.Collections.Immutable;
using Akka.Actor;

namespace Sera.Actors.Artifacts;

/// <summary>Questions to the exchanges of other nodes, asked from tasks and never from an actor.</summary>
internal sealed class PeerCalls(ActorSystem system, IArtifactPeers peers, TimeSpan answer, CancellationToken stopping)
{
    public ImmutableArray<ArtifactPeer> Current => peers.Current;

    /// <summary>Null when the node does not answer in time.</summary>
    public async Task<T?> AskAsync<T>(ArtifactPeer peer, object question, TimeSpan? within = null)
        where T : class
    {
        try
        {
            return await ExchangeOf(peer).Ask<T>(question, within ?? answer, stopping).ConfigureAwait(false);
        }
        catch (Exception) when (!stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Tell(ArtifactPeer peer, object message) => ExchangeOf(peer).Tell(message, ActorRefs.NoSender);

    private ActorSelection ExchangeOf(ArtifactPeer peer) =>
        system.ActorSelection(new RootActorPath(peer.Address) / "user" / ArtifactExchangeActor.Name);
}
