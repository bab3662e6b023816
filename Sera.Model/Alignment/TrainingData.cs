using System.Text.Json.Serialization;

namespace Sera.Model.Alignment;

/// <summary>What a round from 2 on trains on; round 1 trains on all offline pairs, where there are some. Spelled as training.data has it.</summary>
public enum TrainingData
{
    /// <summary>The offline pairs kept and the bootstrapped ones (SeRA).</summary>
    [JsonStringEnumMemberName("union")]
    Union,

    /// <summary>The offline pairs kept; no response is generated for pairs.</summary>
    [JsonStringEnumMemberName("offline")]
    Offline,

    /// <summary>The bootstrapped pairs; no offline pair is scored or selected.</summary>
    [JsonStringEnumMemberName("on-policy")]
    OnPolicy,

    /// <summary>The bootstrapped pairs, and offline ones of other prompts drawn by seed beside them (DICE, arXiv 2406.09760).</summary>
    [JsonStringEnumMemberName("replay")]
    Replay,

    /// <summary>The bootstrapped pairs, from round 1 on: a run from prompts alone, without an offline pair (CREAM, arXiv 2410.12735; self-rewarding).</summary>
    [JsonStringEnumMemberName("prompts")]
    Prompts,
}
