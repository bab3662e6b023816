using System.Collections.Immutable;
using Akka.Actor;

namespace Sera.Actors.Artifacts;

/// <summary>The other nodes, as known now. For many threads.</summary>
internal interface IArtifactPeers
{
    ImmutableArray<ArtifactPeer> Current { get; }
}

/// <summary>A node that exchanges artifacts.</summary>
/// <param name="Control">Whether copies are best kept there.</param>
/// <param name="Reachable">False while it does not answer but may come back.</param>
internal sealed record ArtifactPeer(Address Address, bool Control, bool Reachable = true);
