using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sera.Host.Reports;

/// <summary>The JSON of summary.json.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(RunSummary))]
internal sealed partial class SummaryJson : JsonSerializerContext
{
    /// <summary>The bytes of summary.json.</summary>
    public static byte[] Write(RunSummary summary) => [.. JsonSerializer.SerializeToUtf8Bytes(summary, Default.RunSummary), (byte)'\n'];

    public static RunSummary Read(ReadOnlySpan<byte> bytes) =>
        JsonSerializer.Deserialize(bytes, Default.RunSummary) ?? throw new JsonException("null summary");
}
