using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Sera.Model.Rewards;

/// <summary>A preference pair that a reward model learns from, as token ids; the responses with the end-of-sequence id where they end.</summary>
/// <param name="Bound">How far apart the rewards may be (<see cref="Alignment.PriorBound"/>); null for no bound.</param>
public sealed record RewardPair(
    string Id, ImmutableArray<int> PromptTokens, ImmutableArray<int> ChosenTokens, ImmutableArray<int> RejectedTokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Bound = null);
