using System.Text;
using System.Text.Json;
using Sera.Model.Data.Sources;

namespace Sera.Model.Data;

/// <summary>The JSON object of a row.</summary>
internal static class RowDocument
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <exception cref="BadRowException">It is no UTF-8, broken, or no object.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> bytes)
    {
        var valid = StrictJson.ValidLength(bytes.Span);
        if (valid < bytes.Length)
        {
            var utf16 = bytes.Span is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..];
            var found = utf16 ? "UTF-16 text" : $"bytes that are not UTF-8 (column {Column(bytes.Span, valid)})";
            throw new BadRowException(BadRowReasons.NotUtf8, found, "UTF-8 text");
        }
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(bytes, Strict);
        }
        catch (JsonException e)
        {
            var column = Column(bytes.Span, (int)Math.Min(e.BytePositionInLine ?? 0, bytes.Length));
            throw new BadRowException(BadRowReasons.BrokenJson, $"broken JSON at column {column} ({JsonFaults.What(e)})", "one whole JSON object in a line");
        }
        catch (InvalidOperationException)
        {
            // Names are read to find the same one twice.
            throw new BadRowException(BadRowReasons.BrokenJson, "the name of a field has half of a surrogate pair (\\ud800..\\udfff)", "Unicode text");
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        document.Dispose();
        throw new BadRowException(BadRowReasons.WrongType, "a JSON value that is no object", "one JSON object in a line");
    }

    private static int Column(ReadOnlySpan<byte> bytes, int offset) => Encoding.UTF8.GetCharCount(bytes[..offset]) + 1;
}
