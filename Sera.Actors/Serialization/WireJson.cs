using System.Text.Json.Serialization;
using Sera.Actors.Artifacts;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Engine;

namespace Sera.Actors.Serialization;

/// <summary>
/// The one strict JSON of messages, events, work orders and results: a missing field is an error (null is written), an unknown one is
/// not, numbers keep every bit.
/// The order of a record's fields is part of the work ids (see <see cref="WorkIds"/>).
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    IgnoreReadOnlyProperties = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true,
    Converters = [typeof(PolicyChoiceConverter)])]
[JsonSerializable(typeof(StartRun))]
[JsonSerializable(typeof(ResumeRun))]
[JsonSerializable(typeof(PauseRun))]
[JsonSerializable(typeof(CancelRun))]
[JsonSerializable(typeof(RecordWork))]
[JsonSerializable(typeof(GiveUpWork))]
[JsonSerializable(typeof(RunReply))]
[JsonSerializable(typeof(RunStarted))]
[JsonSerializable(typeof(RunResumed))]
[JsonSerializable(typeof(RunPaused))]
[JsonSerializable(typeof(RunCancelled))]
[JsonSerializable(typeof(RoundOpened))]
[JsonSerializable(typeof(RolloutsRecorded))]
[JsonSerializable(typeof(ScoresRecorded))]
[JsonSerializable(typeof(PairsSelected))]
[JsonSerializable(typeof(PairsBootstrapped))]
[JsonSerializable(typeof(TrainingCheckpointed))]
[JsonSerializable(typeof(CheckpointsLost))]
[JsonSerializable(typeof(RoundTrained))]
[JsonSerializable(typeof(PolicyEvaluated))]
[JsonSerializable(typeof(RoundCompleted))]
[JsonSerializable(typeof(RunCompleted))]
[JsonSerializable(typeof(RunFailed))]
[JsonSerializable(typeof(AnnounceWork))]
[JsonSerializable(typeof(WithdrawWork))]
[JsonSerializable(typeof(WorkRecorded))]
[JsonSerializable(typeof(RequestWork))]
[JsonSerializable(typeof(LeaseGranted))]
[JsonSerializable(typeof(RenewLease))]
[JsonSerializable(typeof(ReturnLease))]
[JsonSerializable(typeof(LeaseRevoked))]
[JsonSerializable(typeof(WorkCompleted))]
[JsonSerializable(typeof(WorkFailed))]
[JsonSerializable(typeof(WorkAcknowledged))]
[JsonSerializable(typeof(FindArtifacts))]
[JsonSerializable(typeof(ArtifactsFound))]
[JsonSerializable(typeof(StreamArtifact))]
[JsonSerializable(typeof(ArtifactRefused))]
[JsonSerializable(typeof(KeepArtifact))]
[JsonSerializable(typeof(ArtifactKept))]
[JsonSerializable(typeof(DiscardArtifacts))]
[JsonSerializable(typeof(CollectArtifacts))]
[JsonSerializable(typeof(ArtifactsCollected))]
[JsonSerializable(typeof(GetWorkOverview))]
[JsonSerializable(typeof(WorkOverview))]
[JsonSerializable(typeof(IndexEntry))]
[JsonSerializable(typeof(StepMetrics))]
internal sealed partial class WireJson : JsonSerializerContext;
