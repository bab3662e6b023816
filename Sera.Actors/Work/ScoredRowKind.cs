using System.Text.Json.Serialization;

namespace Sera.Actors.Work;

/// <summary>What the rows are that a score order reads.</summary>
public enum ScoredRowKind
{
    /// <summary>PairRow lines; the responses of a group are chosen and rejected, in this order.</summary>
    [JsonStringEnumMemberName("pairs")]
    Pairs,

    /// <summary>RolloutRow lines; the responses of a group are those of the row, in its order.</summary>
    [JsonStringEnumMemberName("rollouts")]
    Rollouts,

    /// <summary>TrainingPairRow lines; the responses of a group are chosen, rejected and, where there is one, the explored response.</summary>
    [JsonStringEnumMemberName("training-pairs")]
    TrainingPairs,
}
