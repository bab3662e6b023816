using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Sera.Model.Alignment;
using Sera.Model.Evaluation;

namespace Sera.Model.Rewards;

/// <summary>reward_model.json: where a reward model comes from and how good it is. Nothing is computed from it.</summary>
/// <param name="Start">Digest of the policy whose body it has; reward models of one start can be averaged.</param>
/// <param name="Options">null for an average.</param>
/// <param name="Prior">none, length or cosine; null for an average.</param>
/// <param name="Bound">Where there is a prior.</param>
/// <param name="Encoder">Digest of the policy whose states the cosine is of; null where there is none.</param>
/// <param name="Members">Digests of the reward models it is the average of; null where it was trained.</param>
/// <param name="HeldOut">On pairs it was not trained on; null where there were none.</param>
public sealed record RewardModelRecord(
    string Start,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RewardModelOptions? Options = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Prior = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PriorBound? Bound = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Encoder = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? Members = null,
    Reliability? HeldOut = null);
