using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Artifacts;

/// <summary>Gets artifacts to this node and keeps copies of them elsewhere.</summary>
internal interface IArtifactSupply
{
    /// <summary>Done when every one of them is whole in the local store, and every base policy (PolicyRef.Base) is materialized and registered.</summary>
    /// <exception cref="DamagedArtifactException">No node had one of them for as long as patience goes.</exception>
    Task ObtainAsync(ImmutableArray<ArtifactRef> artifacts, ImmutableArray<PolicyRef> policies, CancellationToken cancellation);

    /// <summary>Done when as many nodes as asked for (or as there are) hold them durably.</summary>
    Task SecureAsync(ImmutableArray<ArtifactRef> artifacts, CancellationToken cancellation);

    /// <summary>What was read of it here was damaged: the next <see cref="ObtainAsync"/> looks at it again and gets another copy.</summary>
    /// <returns>Whether there may be one.</returns>
    bool Doubt(ArtifactRef artifact);

    /// <summary>Deleted here and wherever else they are; best effort.</summary>
    void Discard(ImmutableArray<ArtifactRef> artifacts);
}
