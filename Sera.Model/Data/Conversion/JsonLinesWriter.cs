using System.Buffers;
using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using ZstdSharp;

namespace Sera.Model.Data.Conversion;

/// <summary>Canonical JSON lines: the same rows give the same bytes. Texts stand as they are; only what JSON asks for is escaped.</summary>
internal sealed class JsonLinesWriter : IRowWriter
{
    private readonly Stream _to;
    private readonly bool _packed;
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly Utf8JsonWriter _json;

    /// <param name="to">Stays open.</param>
    /// <param name="packing">.gz, .zst, or none.</param>
    public JsonLinesWriter(Stream to, string packing)
    {
        _to = packing switch
        {
            ".gz" => new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true),
            ".zst" => new CompressionStream(to, leaveOpen: true),
            _ => to,
        };
        _packed = _to != to;
        // Rows are made in a buffer: over the stream, each would flush it, which packs badly.
        _json = new Utf8JsonWriter(_line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    public void Write(TextRow row)
    {
        _line.ResetWrittenCount();
        _json.Reset(_line);
        _json.WriteStartObject();
        _json.WriteString("id", row.Id);
        Text("prompt", row, row.Prompt);
        switch (row)
        {
            case TextPair pair:
                Text("chosen", row, pair.Chosen);
                Text("rejected", row, pair.Rejected);
                if (pair.Flipped is { } flipped) _json.WriteBoolean("flipped", flipped);
                if (pair.ChosenWinRate is { } rate) _json.WriteNumber("chosen_win_rate", rate);
                break;
            case TextExample example:
                Text("response", row, example.Response);
                break;
            case TextEval eval:
                Check(eval.Check);
                break;
        }
        _json.WriteEndObject();
        _json.Flush();
        _to.Write(_line.WrittenSpan);
        _to.WriteByte((byte)'\n');
    }

    public void Dispose()
    {
        _json.Dispose();
        if (_packed) _to.Dispose();
    }

    private void Text(string name, TextRow row, string text)
    {
        _json.WritePropertyName(name);
        if (row.Messages) _json.WriteRawValue(text);
        else _json.WriteStringValue(text);
    }

    private void Check(AnswerCheck check)
    {
        _json.WriteStartObject("check");
        _json.WriteString("kind", check.Kind);
        _json.WriteStartArray("answers");
        foreach (var answer in check.Answers) _json.WriteStringValue(answer);
        _json.WriteEndArray();
        if (check.Count != 0) _json.WriteNumber("count", check.Count);
        _json.WriteEndObject();
    }
}
