using System.Collections.Immutable;
using Sera.Model.Data.Sources;
using Sera.Model.Tokenization;

namespace Sera.Model.Data;

/// <summary>A row as read, before tokenizing.</summary>
/// <param name="Line">Its line, or row, from 1; of several files the number runs on, and RowOrigin tells the file.</param>
/// <param name="Id">Its own, or "line-N" where it has none; unique among all rows of a path.</param>
public abstract record TextRow(int Line, string Id, string Prompt)
{
    /// <summary>Whether a chat template wrote the texts: they hold their special tokens, and each response its end.</summary>
    public bool Rendered { get; init; }

    /// <summary>Between the turns of <see cref="Said"/>: the control character that separates records.</summary>
    internal const char Turns = '\u001e';

    /// <summary>What the user says in a prompt of messages, turn by turn; null where the prompt is a text, and where rows are read for other than to be compared.</summary>
    public string? Said { get; init; }

    /// <summary>Tokens of the prompt from its beginning on.</summary>
    public int[] PromptTokens(ITextTokenizer tokenizer) => Rendered ? tokenizer.EncodeRendered(Prompt) : tokenizer.Encode(Prompt);

    /// <summary>Whether the texts are messages as JSON, because no template wrote them: of rows that are only handed on.</summary>
    public bool Messages { get; init; }
}

public sealed record TextPair(int Line, string Id, string Prompt, string Chosen, string Rejected, bool? Flipped, double? ChosenWinRate = null) : TextRow(Line, Id, Prompt);

/// <summary>What somebody said about a pair.</summary>
/// <param name="Prompt">Of the pair, as it was asked; may be empty, as may be the responses null, where the id is one of the data's.</param>
/// <param name="ChosenWinRate">Where a share of votes was given.</param>
public sealed record TextLabel(int Line, string Id, string Prompt, string? Chosen, string? Rejected, LabelVerdict Verdict, double? ChosenWinRate) : TextRow(Line, Id, Prompt);

/// <summary>Which response of a pair is the better one.</summary>
public enum LabelVerdict
{
    Chosen,
    Rejected,

    /// <summary>Neither, or the pair shall not be used.</summary>
    LeaveOut,
}

public sealed record TextPrompt(int Line, string Id, string Prompt) : TextRow(Line, Id, Prompt);

public sealed record TextExample(int Line, string Id, string Prompt, string Response) : TextRow(Line, Id, Prompt);

public sealed record TextEval(int Line, string Id, string Prompt, AnswerCheck Check) : TextRow(Line, Id, Prompt);

/// <summary>The usable rows of a file in its order, and the rows that are not usable.</summary>
/// <param name="Shape">Null where not one row could be read.</param>
public sealed record TextRows<T>(string Path, RowShape? Shape, ImmutableArray<T> Rows, ImmutableArray<RowProblem> Problems)
    where T : TextRow
{
    /// <summary>Where each row stands.</summary>
    public RowOrigin Origin { get; init; } = new(Path);

    /// <summary>One line that says what was recognised.</summary>
    public string Announcement => RowShapes.Announce(Path, Shape, Rows.Length, Problems.CountBy(problem => problem.Reason).ToDictionary(count => count.Key, count => count.Value, StringComparer.Ordinal));
}
