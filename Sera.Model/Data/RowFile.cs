using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Sera.Model.Data;

/// <summary>Rows as JSON lines, canonical: the same rows give the same bytes, so that their digest names them.</summary>
public static class RowFile
{
    public static byte[] Write<T>(IEnumerable<T> rows, JsonTypeInfo<T> type)
    {
        using var stream = new MemoryStream();
        Write(stream, rows, type);
        return stream.ToArray();
    }

    /// <summary>As a stream, for rows that as bytes would not fit into memory beside themselves.</summary>
    public static void Write<T>(Stream stream, IEnumerable<T> rows, JsonTypeInfo<T> type)
    {
        foreach (var row in rows)
        {
            JsonSerializer.Serialize(stream, row, type);
            stream.WriteByte((byte)'\n');
        }
    }

    public static List<T> Read<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type)
    {
        var rows = new List<T>();
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var line = end < 0 ? bytes : bytes[..end];
            rows.Add(JsonSerializer.Deserialize(line, type) ?? throw new JsonException("null row"));
            bytes = end < 0 ? default : bytes[(end + 1)..];
        }
        return rows;
    }
}

/// <summary>The one strict JSON shape of artifact rows.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PairRow))]
[JsonSerializable(typeof(PromptRow))]
[JsonSerializable(typeof(EvalRow))]
[JsonSerializable(typeof(ScoreRow))]
[JsonSerializable(typeof(PromptPrefixRow))]
[JsonSerializable(typeof(RolloutRow))]
[JsonSerializable(typeof(TrainingPairRow))]
[JsonSerializable(typeof(MarginRow))]
[JsonSerializable(typeof(AnswerRow))]
public sealed partial class RowJson : JsonSerializerContext;
