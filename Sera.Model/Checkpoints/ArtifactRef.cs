using System.Text.Json.Serialization;

namespace Sera.Model.Checkpoints;

/// <summary>An immutable file in the artifact store, named by content.</summary>
/// <param name="Kind">What it holds: pairs, prompts, scores, rollouts, training-pairs, checkpoint, weights, adapter, evaluation,
/// base and base-file (see <see cref="PolicyArtifacts"/>), kept (see <see cref="ArtifactCollection"/>), parameters, gradient.</param>
/// <param name="Sha256">64 lower-case hex digits.</param>
/// <param name="Bytes">Its length; where only the name is known, 0, and the digest decides.</param>
public sealed record ArtifactRef(string Kind, string Sha256, long Bytes)
{
    /// <summary>The kind of a training's state between two segments: large, and replaced by the next one.</summary>
    public const string CheckpointKind = "checkpoint";

    /// <summary>The trained parameters at the beginning of an optimizer step, for those who compute its gradient.</summary>
    public const string ParametersKind = "parameters";

    /// <summary>The gradient of one micro-batch.</summary>
    public const string GradientKind = "gradient";

    /// <summary>
    /// Whether it lives for one optimizer step. No journal and no index names it, it is not kept for a crash of the machine, and losing it
    /// costs doing its work again.
    /// </summary>
    [JsonIgnore]
    public bool IsTransient => Kind is ParametersKind or GradientKind;
}
