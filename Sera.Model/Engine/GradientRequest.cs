using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Checkpoints;

namespace Sera.Model.Engine;

/// <summary>
/// One micro-batch of an optimizer step: a pure function of its fields, the same bits wherever it is computed on the same fingerprint.
/// </summary>
/// <param name="Start">Policy at step 0 of the round: everything that is not trained is read from it.</param>
/// <param name="Parameters">What is trained, as it is before the step; no two trainings share such a file, nor therefore this request.</param>
/// <param name="Pairs">Artifacts of TrainingPairRow lines, concatenated in this order.</param>
/// <param name="Lora">Null for full fine-tuning.</param>
/// <param name="Rows">The pairs of this micro-batch, by place in all pairs, in the order they are computed.</param>
/// <param name="PairsOfStep">Pairs of the whole step: what the loss is divided by.</param>
/// <param name="Recompute">As in <see cref="TrainingOptions"/>; written where it is set.</param>
/// <param name="ReferenceScores">As in <see cref="TrainingSegment"/>.</param>
/// <param name="ChosenTokensOfStep">Tokens of all chosen responses of the step; 0, and not written, where the loss does not read it.</param>
public sealed record GradientRequest(
    PolicyRef Start,
    ArtifactRef Parameters,
    ImmutableArray<ArtifactRef> Pairs,
    LoraOptions? Lora,
    LossOptions Loss,
    ImmutableArray<int> Rows,
    int PairsOfStep,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Recompute = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long ChosenTokensOfStep = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<ArtifactRef>? ReferenceScores = null)
{
    internal StepTotals Step => new(PairsOfStep, ChosenTokensOfStep);
}

/// <param name="Gradient">
/// Of the sum of the pairs' losses over the pairs of the step, laid out as the trained parameters are; null where no pair was finite.
/// </param>
/// <param name="Losses">Of the request's rows, in their order, without those that were not finite.</param>
/// <param name="Chosen">Summed logps of chosen under the policy, of the same.</param>
/// <param name="Rejected">Summed logps of rejected under the policy, of the same.</param>
/// <param name="NonFinite">Rows whose loss was not finite, in the order they were found; they added nothing.</param>
/// <param name="Tokens">Tokens computed, padding not counted.</param>
public sealed record GradientResult(
    ArtifactRef? Gradient,
    ImmutableArray<float> Losses,
    ImmutableArray<float> Chosen,
    ImmutableArray<float> Rejected,
    ImmutableArray<int> NonFinite,
    long Tokens);
