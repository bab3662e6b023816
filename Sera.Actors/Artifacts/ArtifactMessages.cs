using System.Collections.Immutable;
using Sera.Actors.Serialization;

namespace Sera.Actors.Artifacts;

/// <summary>Node to node: which of these do you have?</summary>
public sealed record FindArtifacts(ImmutableArray<string> Sha256s) : IWireMessage
{
    /// <summary>Names in one message, so that it stays well under a frame.</summary>
    public const int Most = 500;
}

/// <summary>The answer: those of them that are there, as far as known without reading them.</summary>
public sealed record ArtifactsFound(ImmutableArray<FoundArtifact> Found) : IWireMessage;

/// <summary>An artifact that a node has.</summary>
public sealed record FoundArtifact(string Sha256, long Bytes);

/// <summary>
/// Node to node: send me this from a byte on. The answer is an Akka.Streams <c>ISourceRef</c> of byte arrays, which Akka's own serializer writes, or
/// <see cref="ArtifactRefused"/>.
/// </summary>
public sealed record StreamArtifact(string Sha256, long Offset) : IWireMessage;

/// <summary>The answer when an artifact cannot be sent.</summary>
public sealed record ArtifactRefused(string Sha256, string Reason) : IWireMessage;

/// <summary>Node to node: keep a copy of this. Repeated until the answer is no longer that it is on its way.</summary>
/// <param name="Recheck">What you sent was damaged: read your copy again.</param>
public sealed record KeepArtifact(string Sha256, bool Recheck = false) : IWireMessage;

/// <summary>How it goes with a copy.</summary>
/// <param name="Reason">Why it failed.</param>
public sealed record ArtifactKept(string Sha256, KeepState State, string? Reason = null) : IWireMessage;

/// <summary>Node to node: nobody needs these any more. Not answered.</summary>
public sealed record DiscardArtifacts(ImmutableArray<string> Sha256s) : IWireMessage;

/// <summary>Node to node: delete all that a list does not name and that is not young. Get the list, an artifact, first.</summary>
public sealed record CollectArtifacts(string List) : IWireMessage;

/// <summary>The answer of a node that collected.</summary>
/// <param name="Failure">Why nothing was deleted; null when it was done.</param>
public sealed record ArtifactsCollected(int Deleted, long Bytes, int Left, string? Failure = null) : IWireMessage;
