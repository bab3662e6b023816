using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Sera.Actors.Serialization;

/// <summary>
/// Every message and event by the name it has on the wire and in the journal. A name with its version is forever: a field may join with a default
/// value, anything else is a new version, and the old one stays readable.
/// </summary>
public static class Manifests
{
    internal static readonly ImmutableArray<WireType> All =
    [
        Type("start-run:1", WireJson.Default.StartRun),
        Type("resume-run:1", WireJson.Default.ResumeRun),
        Type("pause-run:1", WireJson.Default.PauseRun),
        Type("cancel-run:1", WireJson.Default.CancelRun),
        Type("record-work:1", WireJson.Default.RecordWork),
        Type("give-up-work:1", WireJson.Default.GiveUpWork),
        Type("run-reply:1", WireJson.Default.RunReply),
        Type("run-started:1", WireJson.Default.RunStarted),
        Type("run-resumed:1", WireJson.Default.RunResumed),
        Type("run-paused:1", WireJson.Default.RunPaused),
        Type("run-cancelled:1", WireJson.Default.RunCancelled),
        Type("round-opened:1", WireJson.Default.RoundOpened),
        Type("rollouts-recorded:1", WireJson.Default.RolloutsRecorded),
        Type("scores-recorded:1", WireJson.Default.ScoresRecorded),
        Type("pairs-selected:1", WireJson.Default.PairsSelected),
        Type("pairs-bootstrapped:1", WireJson.Default.PairsBootstrapped),
        Type("training-checkpointed:1", WireJson.Default.TrainingCheckpointed),
        Type("checkpoints-lost:1", WireJson.Default.CheckpointsLost),
        Type("round-trained:1", WireJson.Default.RoundTrained),
        Type("policy-evaluated:1", WireJson.Default.PolicyEvaluated),
        Type("round-completed:1", WireJson.Default.RoundCompleted),
        Type("run-completed:1", WireJson.Default.RunCompleted),
        Type("run-failed:1", WireJson.Default.RunFailed),
        Type("announce-work:1", WireJson.Default.AnnounceWork),
        Type("withdraw-work:1", WireJson.Default.WithdrawWork),
        Type("work-recorded:1", WireJson.Default.WorkRecorded),
        Type("request-work:1", WireJson.Default.RequestWork),
        Type("lease-granted:1", WireJson.Default.LeaseGranted),
        Type("renew-lease:1", WireJson.Default.RenewLease),
        Type("return-lease:1", WireJson.Default.ReturnLease),
        Type("lease-revoked:1", WireJson.Default.LeaseRevoked),
        Type("work-completed:1", WireJson.Default.WorkCompleted),
        Type("work-failed:1", WireJson.Default.WorkFailed),
        Type("work-acknowledged:1", WireJson.Default.WorkAcknowledged),
        Type("find-artifacts:1", WireJson.Default.FindArtifacts),
        Type("artifacts-found:1", WireJson.Default.ArtifactsFound),
        Type("stream-artifact:1", WireJson.Default.StreamArtifact),
        Type("artifact-refused:1", WireJson.Default.ArtifactRefused),
        Type("keep-artifact:1", WireJson.Default.KeepArtifact),
        Type("artifact-kept:1", WireJson.Default.ArtifactKept),
        Type("discard-artifacts:1", WireJson.Default.DiscardArtifacts),
        Type("collect-artifacts:1", WireJson.Default.CollectArtifacts),
        Type("artifacts-collected:1", WireJson.Default.ArtifactsCollected),
        Type("get-work-overview:1", WireJson.Default.GetWorkOverview),
        Type("work-overview:1", WireJson.Default.WorkOverview),
    ];

    /// <summary>Of the events after which a run rests: whoever takes the runs over leaves it alone.</summary>
    internal static readonly FrozenSet<string> Resting =
        new[] { "run-completed:1", "run-failed:1", "run-paused:1", "run-cancelled:1" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, WireType> ByName = All.ToFrozenDictionary(t => t.Manifest, StringComparer.Ordinal);
    private static readonly FrozenDictionary<Type, WireType> ByType = All.ToFrozenDictionary(t => t.Type);

    /// <exception cref="ArgumentException">Not a message of this table.</exception>
    public static string Of(object message) => Find(message).Manifest;

    /// <inheritdoc cref="Of"/>
    public static byte[] Write(object message) => Find(message).Write(message);

    /// <exception cref="NotSupportedException">No such manifest: written by a newer version, or by something else.</exception>
    /// <exception cref="JsonException">The bytes are not what the manifest says.</exception>
    public static object Read(string manifest, ReadOnlySpan<byte> bytes) => ByName.TryGetValue(manifest, out var type)
        ? type.Read(bytes)
        : throw new NotSupportedException($"unknown manifest '{manifest}'");

    private static WireType Find(object message) => ByType.TryGetValue(message.GetType(), out var type)
        ? type
        : throw new ArgumentException($"{message.GetType()} has no manifest", nameof(message));

    private static WireType Type<T>(string manifest, JsonTypeInfo<T> type)
        where T : class => new(
            manifest,
            typeof(T),
            message => JsonSerializer.SerializeToUtf8Bytes((T)message, type),
            bytes => JsonSerializer.Deserialize(bytes, type) ?? throw new JsonException($"{manifest}: null"));
}

internal delegate object ReadWire(ReadOnlySpan<byte> bytes);

internal sealed record WireType(string Manifest, Type Type, Func<object, byte[]> Write, ReadWire Read);
