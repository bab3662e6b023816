using Akka.Actor;

namespace Sera.Actors.Artifacts;

/// <summary>How far a transfer is.</summary>
/// <param name="Offset">Where this holder was asked to begin.</param>
/// <param name="Length">Bytes that are here.</param>
internal sealed record ArtifactTransferred(Address Holder, string Sha256, long Offset, long Length);
