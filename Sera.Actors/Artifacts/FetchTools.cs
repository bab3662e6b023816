using Akka.Event;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Artifacts;

/// <summary>What the fetches of a node share.</summary>
/// <param name="Slots">One for each transfer at a time.</param>
/// <param name="Observed">Hears every piece, on the threads of the transfers.</param>
internal sealed record FetchTools(
    ArtifactStore Store,
    VerifiedArtifacts Verified,
    PeerCalls Peers,
    ArtifactStreams Streams,
    ArtifactSettings Settings,
    SemaphoreSlim Slots,
    ILoggingAdapter Log,
    Action<ArtifactTransferred>? Observed,
    CancellationToken Stopping);
