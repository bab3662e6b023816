using System.Text.Json.Serialization;

namespace Sera.Actors.Artifacts;

/// <summary>How it goes with a copy that a node was asked to keep.</summary>
public enum KeepState
{
    /// <summary>Durable there, its digest checked.</summary>
    [JsonStringEnumMemberName("kept")]
    Kept,

    /// <summary>On its way.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending,

    /// <summary>Not there and not coming.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}
