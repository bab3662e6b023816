using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Sera.Model.Alignment;

/// <summary>
/// What some losses read of a pair beside its log-probabilities. Computed once, by whoever makes the training pair, for the losses that ask for it
/// (<see cref="Losses.PreferenceLoss.Columns"/>); null where there was nothing to compute it from, as in round 1.
/// </summary>
/// <param name="Consistency">How alike the current and the previous policy rank the responses to the prompt, 0 .. 1; null counts as 1.</param>
/// <param name="Similarity">How alike chosen and rejected are a priori: a ratio of lengths, 0 .. 1, or a cosine, -1 .. 1.</param>
/// <param name="ChosenUncertainty">|r_(t-1) - r_(t-2)| of chosen, in reward units; null counts as 0.</param>
/// <param name="RejectedUncertainty">The same of rejected.</param>
/// <param name="ChosenRefinement">logp_policy - logp_ref of chosen under the augmented prompt, nats; null counts as 0.</param>
/// <param name="RejectedRefinement">The same of rejected.</param>
/// <param name="ChosenEdits">Places of the tokens of chosen that rejected does not have, ascending.</param>
/// <param name="RejectedEdits">The same of rejected.</param>
/// <param name="WinRate">How often chosen is preferred to rejected, (0, 1); null where nobody said, and the parameter of the loss counts.</param>
public sealed record PairColumns(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Consistency = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Similarity = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ChosenUncertainty = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? RejectedUncertainty = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ChosenRefinement = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? RejectedRefinement = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<int>? ChosenEdits = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<int>? RejectedEdits = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? WinRate = null)
{
    /// <summary>D: how far chosen is above rejected under the augmented prompt, nats.</summary>
    [JsonIgnore]
    public double Refinement => (ChosenRefinement ?? 0) - (RejectedRefinement ?? 0);

    public static PairColumns None { get; } = new();
}

/// <summary>A column of <see cref="PairColumns"/>, or both of a kind.</summary>
public enum PairColumn
{
    Consistency,
    Similarity,
    Uncertainty,
    Refinement,
    Edits,

    /// <summary>The data's label where it has one; made of the margin only for a loss that cannot do without.</summary>
    WinRate,
}
