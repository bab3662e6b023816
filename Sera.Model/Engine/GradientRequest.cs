using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;

namespace Sera.Model.Engine;

/// <summary>
/// One micro-batch of an optimizer step: a pure function of its fields, the same bits wherever it is computed on the same fingerprint.
/// </summary>
/// <param name="Start">Policy at step 0 of the round: everything that is not trained is read from it.</param>
/// <param name="Parameters">What is trained, as it is before the step.</param>
/// <param name="Pairs">Artifacts of TrainingPairRow lines, concatenated in this order.</param>
/// <param name="Lora">Null for full fine-tuning.</param>
/// <param name="Rows">The pairs of this micro-batch, by place in all pairs, in the order they are computed.</param>
/// <param name="PairsOfStep">Pairs of the whole step: what the loss is divided by.</param>
public sealed record GradientRequest(
    PolicyRef Start,
    ArtifactRef Parameters,
    ImmutableArray<ArtifactRef> Pairs,
    LoraOptions? Lora,
    LossOptions Loss,
    ImmutableArray<int> Rows,
    int PairsOfStep);

/// <param name="Gradient">Of the sum of the pairs' losses over the pairs of the step, laid out as the trained parameters are.</param>
/// <param name="Finite">What the pairs that make up the gradient measured, in their order.</param>
/// <param name="NonFinite">Rows of pairs whose loss was not finite, in the order they were found; they added nothing.</param>
/// <param name="Tokens">Tokens computed, padding not counted.</param>
public sealed record GradientResult(ArtifactRef Gradient, ImmutableArray<PairMeasure> Finite, ImmutableArray<int> NonFinite, long Tokens);

/// <param name="Row">Place in all pairs.</param>
/// <param name="Chosen">Summed logp of chosen under the policy.</param>
public sealed record PairMeasure(int Row, float Loss, float Chosen, float Rejected);
