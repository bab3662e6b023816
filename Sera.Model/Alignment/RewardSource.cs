using System.Text.Json.Serialization;

namespace Sera.Model.Alignment;

/// <summary>Whose rewards margin selection and bootstrapping go by. Spelled as reward.source has it, up to the colon.</summary>
public enum RewardSource
{
    /// <summary>Those of the policy itself, by its log-probabilities (SeRA).</summary>
    [JsonStringEnumMemberName("implicit")]
    Implicit,

    /// <summary>Those of a reward model, which stays as it is: the input RewardModel of the run.</summary>
    [JsonStringEnumMemberName("model")]
    Model,
}
