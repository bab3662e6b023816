using System.Text.Json;
using Sera.Model.Data.Sources;
using Sera.Model.Tokenization.Chat;

namespace Sera.Model.Data;

/// <summary>A row of a shape to text rows: none of them is made where the row is bad.</summary>
/// <param name="origin">Where rows stand.</param>
/// <exception cref="BadRowException">The row cannot be used.</exception>
/// <exception cref="InputException">No row of the file can.</exception>
internal delegate T[] RowParser<T>(RowOrigin origin, JsonElement json, int line, RowShape shape)
    where T : TextRow;

/// <summary>From a shape to its parser.</summary>
/// <param name="template">Writes conversations; null = there is none, and they are refused.</param>
/// <param name="handOn">Whether conversations stay messages instead, because nobody here tokenizes them.</param>
/// <param name="said">Whether rows of conversations keep what the user said.</param>
internal sealed class ShapeParsers(ChatTemplate? template, bool handOn = false, bool said = false)
{
    /// <summary>Shapes that are read as pairs.</summary>
    public static RowShape[] OfPairs { get; } =
        [RowShape.Pairs, RowShape.Transcripts, RowShape.Conversations, RowShape.Comparisons, RowShape.Scored, RowShape.Ranked, RowShape.Binarized];

    /// <summary>What the fields of a row suggest; null where no shape fits. Without a template a dialogue of one turn is two texts, else it is a conversation.</summary>
    public RowShape? Recognise(JsonElement row) =>
        RowShapes.Recognise(row) is var shape && shape == RowShape.Binarized && (template is not null || handOn) ? RowShape.Conversations : shape;

    public TextRow[] Any(RowOrigin origin, JsonElement json, int line, RowShape shape) => shape switch
    {
        RowShape.Examples => Examples(origin, json, line, shape),
        RowShape.Evaluation => Evals(origin, json, line, shape),
        RowShape.Prompts => Prompts(origin, json, line, shape),
        _ => Pairs(origin, json, line, shape),
    };

    public TextPair[] Pairs(RowOrigin origin, JsonElement json, int line, RowShape shape) => shape switch
    {
        RowShape.Conversations => [Conversation(origin, line).Pair(json)],
        RowShape.Comparisons => [RankedRows.Comparison(json, line)],
        RowShape.Scored => [RankedRows.Scored(json, line)],
        RowShape.Ranked => RankedRows.Ranked(json, line),
        RowShape.Binarized => [RankedRows.Binarized(json, line)],
        _ => [RowParsers.Pair(json, line, shape)],
    };

    public TextPrompt[] Prompts(RowOrigin origin, JsonElement json, int line, RowShape shape) =>
        [Messages.Has(json, "prompt") ? Conversation(origin, line).Prompt(json) : RowParsers.Prompt(json, line, shape)];

    public TextExample[] Examples(RowOrigin origin, JsonElement json, int line, RowShape shape) =>
        Messages.Has(json, "messages") || Messages.Has(json, "prompt") || Messages.Has(json, "completion") || Messages.Has(json, "response")
            ? Conversation(origin, line).Examples(json)
            : [RowParsers.Example(json, line, shape)];

    public TextEval[] Evals(RowOrigin origin, JsonElement json, int line, RowShape shape) =>
        [Messages.Has(json, "prompt") ? Conversation(origin, line).Eval(json) : RowParsers.Eval(json, line, shape)];

    private ConversationRows Conversation(RowOrigin origin, int line) => new(origin, line, template, handOn, said);
}
