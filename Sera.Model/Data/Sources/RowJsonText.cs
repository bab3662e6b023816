using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sera.Model.Data.Sources;

/// <summary>Rows of other formats as JSON objects, in a buffer that every row uses anew.</summary>
internal sealed class RowJsonText : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new(1 << 12);
    private readonly Utf8JsonWriter _json;

    public RowJsonText() => _json = new Utf8JsonWriter(_bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    public ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> fields)
    {
        _bytes.ResetWrittenCount();
        _json.Reset(_bytes);
        _json.WriteStartObject();
        fields(_json);
        _json.WriteEndObject();
        _json.Flush();
        return _bytes.WrittenMemory;
    }

    /// <summary>A value of a Parquet column: of any type, lists and structs included; numbers that JSON has not become null.</summary>
    public static void Value(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case string text: json.WriteStringValue(text); break;
            case ReadOnlyMemory<char> text: json.WriteStringValue(text.Span); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case double number when !double.IsFinite(number): json.WriteNullValue(); break;
            case float number when !float.IsFinite(number): json.WriteNullValue(); break;
            case double number: json.WriteNumberValue(number); break;
            case float number: json.WriteNumberValue(number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case sbyte or byte or short or ushort or int or uint or long: json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
            case ulong number: json.WriteNumberValue(number); break;
            case byte[] bytes: json.WriteBase64StringValue(bytes); break;
            case ReadOnlyMemory<byte> bytes: json.WriteBase64StringValue(bytes.Span); break;
            case IDictionary fields: Object(json, fields); break;
            case IEnumerable items: Array(json, items); break;
            default: json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }

    private static void Object(Utf8JsonWriter json, IDictionary fields)
    {
        json.WriteStartObject();
        foreach (DictionaryEntry field in fields)
        {
            json.WritePropertyName(Convert.ToString(field.Key, CultureInfo.InvariantCulture)!);
            Value(json, field.Value);
        }
        json.WriteEndObject();
    }

    private static void Array(Utf8JsonWriter json, IEnumerable items)
    {
        json.WriteStartArray();
        foreach (var item in items) Value(json, item);
        json.WriteEndArray();
    }

    public void Dispose() => _json.Dispose();
}
