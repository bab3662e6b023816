using System.Text.Json.Serialization;

namespace Sera.Actors.Work;

/// <summary>Which worker does a work order.</summary>
public enum WorkKind
{
    [JsonStringEnumMemberName("generate")]
    Generate,

    [JsonStringEnumMemberName("score")]
    Score,

    [JsonStringEnumMemberName("select")]
    Select,

    [JsonStringEnumMemberName("bootstrap")]
    Bootstrap,

    [JsonStringEnumMemberName("train")]
    Train,

    [JsonStringEnumMemberName("evaluate")]
    Evaluate,

    [JsonStringEnumMemberName("gradient")]
    Gradient,
}
