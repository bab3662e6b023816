using System.Text.Json.Serialization;

namespace Sera.Model.Training;

/// <summary>Examples and options of a supervised training as canonical text, for the digest of its inputs.</summary>
[JsonSerializable(typeof(SupervisedRow))]
[JsonSerializable(typeof(SupervisedOptions))]
internal sealed partial class SupervisedJson : JsonSerializerContext;
