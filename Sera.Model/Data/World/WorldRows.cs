using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sera.Model.Data.World;

internal sealed record WorldSftRow(string Prompt, string Response);

internal sealed record WorldPairRow(string Id, string Prompt, string Chosen, string Rejected, bool Flipped);

internal sealed record WorldPromptRow(string Id, string Prompt);

internal sealed record WorldEvalRow(string Id, string Prompt, AnswerCheck Check);

[JsonSerializable(typeof(WorldSftRow))]
[JsonSerializable(typeof(WorldPairRow))]
[JsonSerializable(typeof(WorldPromptRow))]
[JsonSerializable(typeof(WorldEvalRow))]
internal sealed partial class WorldJson : JsonSerializerContext
{
    /// <summary>Leaves + and quotes as they are: the files are read by people too.</summary>
    public static WorldJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
