using System.Collections.Immutable;
using Akka.Cluster;

namespace Sera.Actors.Artifacts;

/// <summary>All other members that are up. One that is unreachable counts until it is downed, so that no copy is given up for a pause of the network.</summary>
internal sealed class ClusterPeers(Cluster cluster) : IArtifactPeers
{
    private const string ControlRole = "control";

    public ImmutableArray<ArtifactPeer> Current
    {
        get
        {
            // The cluster keeps this picture from its own events; reading it is free.
            var state = cluster.State;
            return
            [
                .. state.Members.Where(m => m.Status == MemberStatus.Up && !m.Address.Equals(cluster.SelfAddress))
                    .Select(m => new ArtifactPeer(m.Address, m.HasRole(ControlRole), !state.Unreachable.Contains(m))),
            ];
        }
    }
}
