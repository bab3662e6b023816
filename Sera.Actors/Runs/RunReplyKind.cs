using System.Text.Json.Serialization;

namespace Sera.Actors.Runs;

public enum RunReplyKind
{
    /// <summary>The run works.</summary>
    [JsonStringEnumMemberName("accepted")]
    Accepted,

    /// <summary>The command cannot be followed; nothing changed.</summary>
    [JsonStringEnumMemberName("rejected")]
    Rejected,

    /// <summary>The run has completed already; nothing changed.</summary>
    [JsonStringEnumMemberName("finished")]
    Finished,

    /// <summary>No run has that id.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,
}
