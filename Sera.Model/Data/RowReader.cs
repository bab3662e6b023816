using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Sera.Model.Tokenization;

namespace Sera.Model.Data;

/// <summary>
/// Reads JSON lines files (.jsonl, .jsonl.gz). Every trouble is an <see cref="InputException"/> naming file and line; with
/// <see cref="BadRows.Drop"/> only trouble with the file as a whole is thrown, bad rows come back as problems.
/// </summary>
public static class RowReader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <param name="tokenizer">Whose chat template writes conversations; null = there is none, and they are refused.</param>
    public static TextRows<TextPair> Pairs(string path, BadRows onBadRow, ITextTokenizer? tokenizer = null) =>
        Read(path, onBadRow, RowShapes.Recognise, [RowShape.Pairs, RowShape.Transcripts, RowShape.Conversations], PairParser(path, tokenizer));

    /// <summary>Prompts; any file with the field "prompt" serves.</summary>
    /// <inheritdoc cref="Pairs"/>
    public static TextRows<TextPrompt> Prompts(string path, BadRows onBadRow, ITextTokenizer? tokenizer = null) =>
        Read(path, onBadRow, _ => RowShape.Prompts, [RowShape.Prompts], PromptParser(path, tokenizer));

    public static TextRows<TextExample> Examples(string path, BadRows onBadRow) =>
        Read(path, onBadRow, _ => RowShape.Examples, [RowShape.Examples], RowParsers.Example);

    public static TextRows<TextEval> Evaluation(string path, BadRows onBadRow) =>
        Read(path, onBadRow, _ => RowShape.Evaluation, [RowShape.Evaluation], RowParsers.Eval);

    /// <summary>Labels of pairs. Nobody labels by chance, so a bad one is always refused.</summary>
    public static TextRows<TextLabel> Labels(string path) =>
        Read(path, BadRows.Refuse, _ => RowShape.Labels, [RowShape.Labels], RowParsers.Label);

    /// <summary>Rows of whatever shape the file has; bad rows are among the problems, and so is trouble with the file as a whole.</summary>
    /// <inheritdoc cref="Pairs"/>
    public static TextRows<TextRow> Any(string path, ITextTokenizer? tokenizer = null)
    {
        var rows = ImmutableArray.CreateBuilder<TextRow>();
        var problems = ImmutableArray.CreateBuilder<RowProblem>();
        RowShape? shape = null;
        try
        {
            shape = ReadInto(path, RowShapes.Recognise, Enum.GetValues<RowShape>(), ParserOf(path, tokenizer), rows.Add, problems.Add);
            if (rows.Count == 0 && problems.Count == 0) throw Empty(path);
        }
        catch (InputException e)
        {
            problems.Add(new RowProblem(0, BadRowReasons.File, e));
        }
        return new TextRows<TextRow>(path, shape, rows.ToImmutable(), problems.ToImmutable());
    }

    private static Func<JsonElement, int, RowShape, TextRow> ParserOf(string path, ITextTokenizer? tokenizer) => (json, line, shape) => shape switch
    {
        RowShape.Examples => RowParsers.Example(json, line, shape),
        RowShape.Evaluation => RowParsers.Eval(json, line, shape),
        RowShape.Prompts => PromptParser(path, tokenizer)(json, line, shape),
        _ => PairParser(path, tokenizer)(json, line, shape),
    };

    private static Func<JsonElement, int, RowShape, TextPair> PairParser(string path, ITextTokenizer? tokenizer) => (json, line, shape) =>
        shape == RowShape.Conversations ? new ConversationRows(path, line, tokenizer?.Chat).Pair(json) : RowParsers.Pair(json, line, shape);

    private static Func<JsonElement, int, RowShape, TextPrompt> PromptParser(string path, ITextTokenizer? tokenizer) => (json, line, shape) =>
        json.TryGetProperty("prompt", out var prompt) && prompt.ValueKind == JsonValueKind.Array
            ? new ConversationRows(path, line, tokenizer?.Chat).Prompt(json)
            : RowParsers.Prompt(json, line, shape);

    private static TextRows<T> Read<T>(
        string path, BadRows onBadRow, Func<JsonElement, RowShape?> recognise, RowShape[] accepted, Func<JsonElement, int, RowShape, T> parse)
        where T : TextRow
    {
        var rows = ImmutableArray.CreateBuilder<T>();
        var problems = ImmutableArray.CreateBuilder<RowProblem>();
        var shape = ReadInto(path, recognise, accepted, parse, rows.Add, problem =>
        {
            if (onBadRow == BadRows.Refuse) throw problem.Error;
            problems.Add(problem);
        });
        if (rows.Count > 0) return new TextRows<T>(path, shape, rows.ToImmutable(), problems.ToImmutable());
        throw problems.Count == 0 ? Empty(path) : problems[0].Error;
    }

    private static RowShape? ReadInto<T>(
        string path, Func<JsonElement, RowShape?> recognise, RowShape[] accepted, Func<JsonElement, int, RowShape, T> parse, Action<T> add, Action<RowProblem> bad)
        where T : TextRow
    {
        RowShape? shape = null;
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (number, bytes) in JsonLines.Read(path))
        {
            try
            {
                using var document = Parse(bytes);
                shape ??= ShapeOf(document.RootElement, recognise, accepted);
                var row = parse(document.RootElement, number, shape.Value);
                if (!lines.TryAdd(row.Id, number))
                    throw new BadRowException(BadRowReasons.DuplicateId, $"the id '{row.Id}' stands already in line {lines[row.Id]}", "an id of its own for each row");
                add(row);
            }
            catch (BadRowException e)
            {
                bad(new RowProblem(number, e.Reason, new InputException(path, number, e.Found, e.Expected, Remedy(shape ?? accepted[0]))));
            }
        }
        return shape;
    }

    private static RowShape ShapeOf(JsonElement row, Func<JsonElement, RowShape?> recognise, RowShape[] accepted)
    {
        if (recognise(row) is { } shape && accepted.Contains(shape)) return shape;
        // A parser of the first accepted shape says which of its fields are missing.
        return accepted[0];
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> bytes)
    {
        var valid = ValidLength(bytes.Span);
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
            throw new BadRowException(BadRowReasons.BrokenJson, $"broken JSON at column {column} ({What(e)})", "one whole JSON object in a line");
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        document.Dispose();
        throw new BadRowException(BadRowReasons.WrongType, "a JSON value that is no object", "one JSON object in a line");
    }

    private static int ValidLength(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes)) return bytes.Length;
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var used) == System.Buffers.OperationStatus.Done) at += used;
        return at;
    }

    private static int Column(ReadOnlySpan<byte> bytes, int offset) => Encoding.UTF8.GetCharCount(bytes[..offset]) + 1;

    // The parser's own text ends with its position, counted in bytes and from 0; ours is for people.
    private static string What(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? e.Message : e.Message[..end]).TrimEnd('.').ReplaceLineEndings(" ");
    }

    private static string Remedy(RowShape shape) => shape is RowShape.Pairs or RowShape.Transcripts or RowShape.Conversations or RowShape.Prompts
        ? "correct or remove the row, or leave such rows out with data.on-bad-row = drop"
        : "correct or remove the row";

    private static InputException Empty(string path) => new(path, "it holds no rows", "one JSON object in a line", "check the file");
}
