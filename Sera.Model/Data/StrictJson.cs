using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Sera.Model.Data;

/// <summary>JSON of files from anywhere. The parser takes bytes that are no UTF-8 and halves of surrogate pairs, and only fails where a string is read; here they are broken JSON.</summary>
internal static class StrictJson
{
    /// <exception cref="JsonException">It is no JSON, or a string of it is no Unicode.</exception>
    public static JsonDocument Parse(byte[] json)
    {
        Check(json);
        return JsonDocument.Parse(json);
    }

    /// <inheritdoc cref="Parse"/>
    public static void Check(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json)) throw new JsonException("bytes that are not UTF-8", null, LineOf(json, ValidLength(json)), null);
        // Where no escape can be half of a pair, which is nearly everywhere, reading the strings is not needed.
        if (json.IndexOf("\\ud"u8) < 0 && json.IndexOf("\\uD"u8) < 0) return;
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped) continue;
            try
            {
                reader.GetString();
            }
            catch (InvalidOperationException)
            {
                throw new JsonException("half of a surrogate pair", null, LineOf(json, (int)reader.TokenStartIndex), null);
            }
        }
    }

    private static long LineOf(ReadOnlySpan<byte> json, int at) => json[..at].Count((byte)'\n');

    /// <summary>How many bytes from the first on are UTF-8.</summary>
    public static int ValidLength(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) return bytes.Length;
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var used) == System.Buffers.OperationStatus.Done) at += used;
        return at;
    }
}
