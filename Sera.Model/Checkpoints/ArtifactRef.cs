namespace Sera.Model.Checkpoints;

/// <summary>An immutable file in the artifact store, named by content.</summary>
/// <param name="Kind">What it holds: pairs, prompts, scores, rollouts, training-pairs, checkpoint, weights, adapter, evaluation.</param>
/// <param name="Sha256">64 lower-case hex digits.</param>
public sealed record ArtifactRef(string Kind, string Sha256, long Bytes)
{
    /// <summary>The kind of a training's state between two segments: large, and replaced by the next one.</summary>
    public const string CheckpointKind = "checkpoint";
}
