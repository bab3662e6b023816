using System.Collections.Immutable;
using Sera.Model.Tokenization;

namespace Sera.Model.Data.Inspecting;

/// <summary>What is known of the rows so far; of each it keeps no more than hashes.</summary>
internal sealed class InspectionTally(ITextTokenizer? tokenizer, int? context, OverlapCounter? overlap)
{
    /// <summary>Rows that are compared for near duplicates, which takes 400 bytes of each.</summary>
    public const int MostCompared = 100_000;

    /// <summary>Problems that are kept; the others are counted.</summary>
    public const int MostProblems = 10_000;

    private const int Batch = 1024;

    private readonly List<TextRow> _batch = [];
    private readonly SortedDictionary<string, int> _problemCounts = new(StringComparer.Ordinal);
    private readonly ImmutableArray<RowProblem>.Builder _problems = ImmutableArray.CreateBuilder<RowProblem>();
    private readonly HashTable _prompts = new(numbered: false);
    private readonly HashTable _contents = new(numbered: false);
    private readonly NearTexts _texts = new();
    private readonly List<(string Of, LengthCounts Lengths)> _lengths = [];
    private int _rows;
    private int _near;
    private int _over;
    private int _pairs;
    private double _longer;
    private int _marked;
    private int _flipped;

    public void Add(TextRow row)
    {
        _batch.Add(row);
        if (_batch.Count == Batch) Measure();
    }

    public void Add(RowProblem problem)
    {
        _problemCounts[problem.Reason] = _problemCounts.GetValueOrDefault(problem.Reason) + 1;
        if (_problems.Count < MostProblems) _problems.Add(problem);
    }

    public Inspection Found(string path, RowShape? shape)
    {
        Measure();
        var counts = _problemCounts.ToImmutableSortedDictionary(StringComparer.Ordinal);
        return new Inspection(
            path,
            shape,
            RowShapes.Announce(path, shape, _rows, counts),
            _rows,
            _problems.ToImmutable(),
            _prompts.Count,
            _rows - _contents.Count,
            tokenizer is null ? "characters" : "tokens",
            [.. _lengths.Select(lengths => new LengthQuantiles(lengths.Of, Evaluation.Quantiles.Of(lengths.Lengths, Inspector.Levels)))],
            tokenizer is null || context is null || _rows == 0 ? null : (double)_over / _rows,
            _pairs == 0 ? null : _longer / _pairs,
            _marked == 0 ? null : (double)_flipped / _marked)
        {
            ProblemCounts = counts,
            NearDuplicates = _near,
            Compared = Math.Min(_contents.Count, MostCompared),
            Overlap = overlap?.Found,
        };
    }

    private void Measure()
    {
        var compare = _texts.Count < MostCompared;
        foreach (var row in _batch.AsParallel().AsOrdered().Select(row => MeasuredRow.Of(row, tokenizer, compare)).ToList()) Add(row);
        _batch.Clear();
    }

    private void Add(MeasuredRow row)
    {
        _rows++;
        _prompts.Add(row.PromptHash);
        overlap?.Add(row.Row);
        // A near duplicate is none that is equal to an earlier row.
        if (_contents.Add(row.ContentHash) && row.Signature is { } signature && _texts.Count < MostCompared)
        {
            if (_texts.Has(signature)) _near++;
            _texts.Add(signature);
        }
        Add("prompt", row.Prompt);
        if (row.Row is TextPair) Add("chosen", row.Responses[0]);
        if (row.Row is TextPair) Add("rejected", row.Responses[1]);
        if (row.Row is TextExample) Add("response", row.Responses[0]);
        if (row.Responses.Length > 0) Add("total", row.Total);
        if (row.Total > context) _over++;
        if (row.Row is not TextPair pair) return;
        _pairs++;
        _longer += 0.5 + 0.5 * Math.Sign(row.Responses[0] - row.Responses[1]);
        if (pair.Flipped is not { } flipped) return;
        _marked++;
        _flipped += flipped ? 1 : 0;
    }

    private void Add(string of, int length)
    {
        var at = _lengths.FindIndex(lengths => lengths.Of == of);
        if (at < 0) _lengths.Add((of, new LengthCounts()));
        _lengths[at < 0 ? ^1 : at].Lengths.Add(length);
    }
}
