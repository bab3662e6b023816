using System.Collections.Immutable;

namespace Sera.Model.Data;

/// <summary>A row as read, before tokenizing.</summary>
/// <param name="Line">Where it stands in its file, from 1.</param>
/// <param name="Id">Its own, or "line-N" where it has none; unique in its file.</param>
public abstract record TextRow(int Line, string Id, string Prompt)
{
    /// <summary>Whether a chat template wrote the texts: they hold their special tokens, and each response its end.</summary>
    public bool Rendered { get; init; }
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
    /// <summary>One line that says what was recognised.</summary>
    public string Announcement
    {
        get
        {
            var what = Shape is { } shape ? $"{Path}: {Rows.Length} {RowShapes.Describe(shape)}" : $"{Path}: no row can be read";
            return Problems.IsEmpty ? what : $"{what}; {Problems.Length} rows left out ({Reasons()})";
        }
    }

    private string Reasons() =>
        string.Join(", ", Problems.CountBy(problem => problem.Reason).OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key} {count.Value}"));
}
