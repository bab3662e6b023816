using System.Text;
using System.Text.Json;
using nietras.SeparatedValues;

namespace Sera.Model.Data.Sources;

/// <summary>
/// CSV as RFC 4180 has it, with a header row; a row is numbered by the line that it begins in. Cells are strings, but for the columns that no
/// text stands in: what is JSON there (a number, true, a list) is taken as such, and an empty cell is none.
/// </summary>
internal static class CsvRows
{
    private const string Expected = "CSV (RFC 4180, UTF-8) with a header row";

    private static readonly HashSet<string> Typed = new(StringComparer.Ordinal)
    {
        "flipped", "chosen_win_rate", "check", "messages", "score", "score_chosen", "score_rejected", "scores", "responses", "completions", "rank", "ranks", "summaries", "choice", "info",
    };

    /// <exception cref="SourceException">There is no header, it has a name twice or bytes that are no UTF-8, a row is too long, or blank lines are too many.</exception>
    public static IEnumerable<RawRow> Read(Stream stream, char separator, NextRow next)
    {
        var utf8 = new Utf8Lines(stream);
        // A byte order mark is passed over by the encoding's own; other encodings are not looked for.
        using var text = new StreamReader(utf8, new UTF8Encoding(true), detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16);
        using var reader = Checked(() => Sep.New(separator).Reader(options => options with { Unescape = true, DisableColCountCheck = true }).From(text));
        var names = reader.Header.ColNames;
        if (names.FirstOrDefault(name => name.Contains('\n', StringComparison.Ordinal)) is not null)
            throw new SourceException("a quote in the header that does not end in its line", Expected, "close it, or double a quote that is part of a name");
        if (utf8.BadBefore(2)) throw new SourceException("bytes in the header that are not UTF-8", "UTF-8 text", "convert the file to UTF-8");
        using var json = new RowJsonText();
        var blank = 0;
        Func<bool> more = reader.MoveNext;
        for (next.Number = 2; Checked(more); next.Number = reader.Current.LineNumberToExcl)
        {
            var row = Row(reader, separator, names, json, utf8.BadBefore(reader.Current.LineNumberToExcl));
            blank = row is null ? RawRow.AfterBlank(blank) : 0;
            if (row is { } found) yield return found;
        }
    }

    /// <returns>null for a blank line.</returns>
    private static RawRow? Row(SepReader reader, char separator, IReadOnlyList<string> names, RowJsonText json, bool badBytes)
    {
        var row = reader.Current;
        if (badBytes) return new RawRow(row.LineNumberFrom, default, new BadRowException(BadRowReasons.NotUtf8, "bytes that are not UTF-8", "UTF-8 text"));
        if (row.Span.IsWhiteSpace()) return null;
        if (!QuotesFit(row.Span, separator))
        {
            var found = row.Span.Count('"') % 2 == 0 ? "a quote within a cell" : "a quote that does not end";
            return Bad(row.LineNumberFrom, found, "a quote at both ends of a cell, and two for one inside");
        }
        if (row.ColCount != names.Count) return Bad(row.LineNumberFrom, $"{row.ColCount} cells", $"{names.Count}, as the header has");
        var cells = new string[names.Count];
        for (var i = 0; i < cells.Length; i++) cells[i] = row[i].ToString();
        return new RawRow(row.LineNumberFrom, Written(json, names, cells));
    }

    // By itself, for what it captures would else be made for every blank line.
    private static ReadOnlyMemory<byte> Written(RowJsonText json, IReadOnlyList<string> names, string[] cells) => json.Write(to =>
    {
        for (var i = 0; i < cells.Length; i++) Cell(to, names[i], cells[i]);
    });

    /// <summary>Whether quotes stand at both ends of cells, or doubled within such a cell. Elsewhere the reader would take a separator or a line's end for part of a cell, and join rows in silence.</summary>
    private static bool QuotesFit(ReadOnlySpan<char> row, char separator)
    {
        var at = 0;
        while (true)
        {
            if (at < row.Length && row[at] == '"')
            {
                do
                {
                    var length = row[(at + 1)..].IndexOf('"');
                    if (length < 0) return false;
                    at += length + 2;
                }
                while (at < row.Length && row[at] == '"');
            }
            else
            {
                var length = row[at..].IndexOfAny(separator, '"');
                at = length < 0 ? row.Length : at + length;
            }
            if (at == row.Length) return true;
            if (row[at] != separator) return false;
            at++;
        }
    }

    private static RawRow Bad(int line, string found, string expected) => new(line, default, new BadRowException(BadRowReasons.BrokenCsv, found, expected));

    private static void Cell(Utf8JsonWriter to, string name, string text)
    {
        // An id is a text, and still may be missing.
        if (name == "id" && text.Length == 0) return;
        if (!Typed.Contains(name))
        {
            to.WriteString(name, text);
            return;
        }
        if (text.Length == 0) return;
        to.WritePropertyName(name);
        // Spreadsheets and pandas write True.
        var value = text is "True" or "TRUE" ? "true" : text is "False" or "FALSE" ? "false" : text;
        if (IsJson(value)) to.WriteRawValue(value, skipInputValidation: true);
        else to.WriteStringValue(text);
    }

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static T Checked<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException e)
        {
            throw new SourceException($"its header cannot be used ({e.Message.ReplaceLineEndings(" ")})", Expected, "name each column once");
        }
        catch (NotSupportedException)
        {
            throw new SourceException("a row of more than 16 MiB", Expected, "check that quotes are closed");
        }
    }
}
