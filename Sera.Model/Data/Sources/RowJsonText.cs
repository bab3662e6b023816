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

    /// <summary>
    /// A value of a Parquet column, within <see cref="Write"/>: of any type, lists and structs included. Numbers that JSON has not become null, and bytes that the
    /// file does not call text an object, which no field of a row is.
    /// </summary>
    /// <exception cref="SourceException">The row has more bytes than a row may have: a list of references to one text is short in a file.</exception>
    public void Value(object? value)
    {
        switch (value)
        {
            case null: _json.WriteNullValue(); break;
            case string text: Text(text); break;
            case ReadOnlyMemory<char> text: Text(text.Span); break;
            case bool flag: _json.WriteBooleanValue(flag); break;
            case double number when !double.IsFinite(number): _json.WriteNullValue(); break;
            case float number when !float.IsFinite(number): _json.WriteNullValue(); break;
            case double number: _json.WriteNumberValue(number); break;
            case float number: _json.WriteNumberValue(number); break;
            case decimal number: _json.WriteNumberValue(number); break;
            case sbyte or byte or short or ushort or int or uint or long: _json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
            case ulong number: _json.WriteNumberValue(number); break;
            case byte[] or ReadOnlyMemory<byte>:
                _json.WriteStartObject();
                _json.WriteEndObject();
                break;
            case IDictionary fields: Object(fields); break;
            case IEnumerable items: Array(items); break;
            default: _json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }

    private void Text(ReadOnlySpan<char> text)
    {
        if (_json.BytesCommitted + _json.BytesPending + text.Length > RawRow.MaxBytes) throw RawRow.TooLong();
        _json.WriteStringValue(text);
    }

    private void Object(IDictionary fields)
    {
        _json.WriteStartObject();
        foreach (DictionaryEntry field in fields)
        {
            _json.WritePropertyName(Convert.ToString(field.Key, CultureInfo.InvariantCulture)!);
            Value(field.Value);
        }
        _json.WriteEndObject();
    }

    private void Array(IEnumerable items)
    {
        _json.WriteStartArray();
        foreach (var item in items) Value(item);
        _json.WriteEndArray();
    }

    public void Dispose() => _json.Dispose();
}
