using System.Collections.Immutable;
using Sera.Model.Data;

namespace Sera.Model.Training;

/// <summary>What one pair measured in a step.</summary>
/// <param name="Chosen">Summed logp of chosen under the policy.</param>
internal readonly record struct PairOutcome(TrainingPairRow Pair, double Loss, double Chosen, double Rejected);

/// <summary>What the pairs of a gradient measured.</summary>
/// <param name="Finite">The pairs that make it up, in their order.</param>
/// <param name="NonFinite">Those that added nothing, in the order they were found.</param>
/// <param name="Tokens">Tokens computed, padding not counted.</param>
internal sealed record GradientOutcome(ImmutableArray<PairOutcome> Finite, ImmutableArray<TrainingPairRow> NonFinite, long Tokens)
{
    public static GradientOutcome None { get; } = new([], [], 0);

    public GradientOutcome With(GradientOutcome next) => new([.. Finite, .. next.Finite], [.. NonFinite, .. next.NonFinite], Tokens + next.Tokens);
}
