namespace Sera.Model.Checkpoints;

/// <summary>An immutable file in the artifact store, named by content.</summary>
/// <param name="Kind">What it holds: pairs, prompts, scores, rollouts, training-pairs, checkpoint, weights, adapter, evaluation,
/// base and base-file (see <see cref="PolicyArtifacts"/>), kept (see <see cref="ArtifactCollection"/>).</param>
/// <param name="Sha256">64 lower-case hex digits.</param>
/// <param name="Bytes">Its length; where only the name is known, 0, and the digest decides.</param>
public sealed record ArtifactRef(string Kind, string Sha256, long Bytes)
{
    /// <summary>The kind of a training's state between two segments: large, and replaced by the next one.</summary>
    public const string CheckpointKind = "checkpoint";
}
