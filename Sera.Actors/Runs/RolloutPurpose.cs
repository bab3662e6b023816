using System.Text.Json.Serialization;

namespace Sera.Actors.Runs;

/// <summary>What a shard of rollouts is for.</summary>
public enum RolloutPurpose
{
    /// <summary>Candidates for bootstrapped pairs.</summary>
    [JsonStringEnumMemberName("bootstrap")]
    Bootstrap,

    /// <summary>Greedy answers that measure a policy.</summary>
    [JsonStringEnumMemberName("evaluation")]
    Evaluation,

    /// <summary>Responses that the loss reads beside those of a bootstrapped pair.</summary>
    [JsonStringEnumMemberName("exploration")]
    Exploration,
}
