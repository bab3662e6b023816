using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Training;

namespace Sera.Actors.Work;

/// <summary>What an exception of a piece of work means for the run.</summary>
internal static class WorkFailures
{
    private const int LinuxNoSpace = 28;
    private const int LinuxQuota = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    public static WorkFailureKind Classify(Exception exception) => exception switch
    {
        GivenUpException given => given.Failure,
        InputException => WorkFailureKind.Input,
        DamagedArtifactException { Artifact.IsTransient: true } => WorkFailureKind.Other,
        DamagedArtifactException { Artifact.Kind: ArtifactRef.CheckpointKind } => WorkFailureKind.Checkpoint,
        DamagedArtifactException => WorkFailureKind.Damaged,
        NonFiniteLossException or NotFiniteNumberException => WorkFailureKind.NonFinite,
        UnauthorizedAccessException => WorkFailureKind.Disk,
        IOException { HResult: LinuxNoSpace or LinuxQuota or WindowsDiskFull or WindowsHandleDiskFull } => WorkFailureKind.Disk,
        _ => WorkFailureKind.Other,
    };

    /// <summary>One line: what is meant for the user as it is, anything else with its type.</summary>
    public static string Describe(Exception exception)
    {
        var line = exception.Message.ReplaceLineEndings(" ");
        return Classify(exception) == WorkFailureKind.Other ? $"{exception.GetType().Name}: {line}" : line;
    }
}
