using System.Text.Json.Serialization;

namespace Sera.Actors.Work;

/// <summary>Why a piece of work failed, as far as it matters for what happens next.</summary>
public enum WorkFailureKind
{
    /// <summary>Bad input; the run fails at once.</summary>
    [JsonStringEnumMemberName("input")]
    Input,

    /// <summary>An artifact other than a checkpoint is not what its name says; the run fails at once.</summary>
    [JsonStringEnumMemberName("damaged")]
    Damaged,

    /// <summary>A training checkpoint is missing or not what its name says; the run trains the round again from its start.</summary>
    [JsonStringEnumMemberName("checkpoint")]
    Checkpoint,

    /// <summary>Training left the finite numbers; the run fails at once.</summary>
    [JsonStringEnumMemberName("non-finite")]
    NonFinite,

    /// <summary>The disk is full or not writable; the run stops at once, without an event, and can be resumed.</summary>
    [JsonStringEnumMemberName("disk")]
    Disk,

    /// <summary>Anything else; tried again a few times, then the run fails.</summary>
    [JsonStringEnumMemberName("other")]
    Other,
}
