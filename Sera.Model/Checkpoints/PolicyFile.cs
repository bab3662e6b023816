using System.Text.Json.Serialization;

namespace Sera.Model.Checkpoints;

/// <summary>A file of a policy's folder as it was when the policy was named.</summary>
public sealed record PolicyFile(string Name, string Sha256, long Bytes);

/// <summary>Where the folder of a base digest lies, bases/&lt;digest&gt;.json of a work folder.</summary>
internal sealed record PolicyBase(string Path, PolicyFile[] Files);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PolicyBase))]
internal sealed partial class PolicyBaseJson : JsonSerializerContext;
