using System.Text.Json;
using System.Text.Json.Serialization;
using Sera.Model.Alignment;

namespace Sera.Actors.Serialization;

/// <summary>Spelled as in run files, whatever the members are called.</summary>
internal sealed class PolicyChoiceConverter : JsonConverter<PolicyChoice>
{
    public override PolicyChoice Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString() switch
    {
        "sft" => PolicyChoice.Sft,
        "previous" => PolicyChoice.Previous,
        var other => throw new JsonException($"unknown policy choice '{other}'"),
    };

    public override void Write(Utf8JsonWriter writer, PolicyChoice value, JsonSerializerOptions options) => writer.WriteStringValue(value switch
    {
        PolicyChoice.Sft => "sft",
        PolicyChoice.Previous => "previous",
        _ => throw new JsonException($"unknown policy choice {value}"),
    });
}
