using System.Text.Json.Serialization;
using Sera.Model.Evaluation;

namespace Sera.Model.Rewards;

/// <summary>The text behind the digest of a training's inputs, and the record of a reward model's folder.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RewardPair))]
[JsonSerializable(typeof(RewardModelOptions))]
[JsonSerializable(typeof(RewardModelRecord))]
[JsonSerializable(typeof(Reliability))]
internal sealed partial class RewardJson : JsonSerializerContext;
