namespace Sera.Model.Checkpoints;

/// <summary>What a collection did on a node.</summary>
public sealed record CollectedArtifacts(int Deleted, long Bytes, int Left);
