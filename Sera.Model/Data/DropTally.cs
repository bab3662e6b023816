using System.Collections.Immutable;
using Sera.Model.Data.Sources;

namespace Sera.Model.Data;

/// <summary>Applies data.on-bad-row and data.too-long to problems: throws, or counts.</summary>
internal sealed class DropTally(BadRows onBadRow, TooLong tooLong)
{
    private readonly Dictionary<(string Path, string Reason), (int Count, RowProblem First, RowPlace Place)> _counts = [];

    private readonly Dictionary<(string Path, string How), (int Count, RowPlace Place)> _cuts = [];

    public void Add(RowOrigin origin, RowProblem problem)
    {
        var refuse = problem.Reason switch
        {
            BadRowReasons.Vocabulary => true,
            BadRowReasons.TooLong or BadRowReasons.PromptTooLong => tooLong == TooLong.Refuse,
            BadRowReasons.RepeatedPrompt or BadRowReasons.HeldOutPrompt or BadRowReasons.CutIdentical => false,
            _ => onBadRow == BadRows.Refuse,
        };
        if (refuse) throw problem.Error;
        var before = _counts.TryGetValue((origin.Path, problem.Reason), out var known) ? known : (Count: 0, First: problem, Place: origin.Place(problem.Line));
        _counts[(origin.Path, problem.Reason)] = before with { Count = before.Count + 1 };
    }

    /// <summary>A row that is used, but not whole.</summary>
    /// <param name="how">A reason of <see cref="CutReasons"/>.</param>
    public void AddCut(RowOrigin origin, int line, string how)
    {
        var before = _cuts.TryGetValue((origin.Path, how), out var known) ? known : (Count: 0, Place: origin.Place(line));
        _cuts[(origin.Path, how)] = before with { Count = before.Count + 1 };
    }

    /// <summary>What was cut, by file and how.</summary>
    public ImmutableArray<DropCount> Cuts() =>
    [
        .. _cuts
            .Select(count => new DropCount(count.Value.Place.File, count.Key.How, count.Value.Count, count.Value.Place.Number, count.Value.Place.IsLine))
            .OrderBy(count => count.File, StringComparer.Ordinal).ThenBy(count => count.Reason, StringComparer.Ordinal),
    ];

    /// <summary>The error for a file of which nothing is left, told by the first row that was left out.</summary>
    public InputException NothingLeft(string path, string what)
    {
        var first = _counts.Where(count => count.Key.Path == path).Select(count => count.Value.First).MinBy(problem => problem.Line);
        return first?.Error ?? new InputException(path, $"it gives no {what}", $"at least one of {what}", "use a larger file");
    }

    public ImmutableArray<DropCount> Counts() =>
    [
        .. _counts
            .Select(count => new DropCount(count.Value.Place.File, count.Key.Reason, count.Value.Count, count.Value.Place.Number, count.Value.Place.IsLine))
            .OrderBy(count => count.File, StringComparer.Ordinal).ThenBy(count => count.Reason, StringComparer.Ordinal),
    ];
}
