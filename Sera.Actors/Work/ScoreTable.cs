using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Actors.Work;

/// <summary>Log-probabilities by id and place of the response. Joined by id, never by position in a file.</summary>
internal sealed class ScoreTable
{
    private readonly Dictionary<string, ScoreRow> _rows;

    public ScoreTable(IEnumerable<ScoreRow> rows) => _rows = rows.ToDictionary(r => r.Id, StringComparer.Ordinal);

    /// <summary>null where there are no scores because the loss is free of a reference.</summary>
    public static ScoreTable? Read(ImmutableArray<ArtifactRef> scores, RowCache rows) =>
        scores.IsEmpty ? null : new ScoreTable(rows.ReadAll(scores, RowJson.Default.ScoreRow));

    /// <exception cref="InvalidOperationException">The id was not scored, or with fewer responses.</exception>
    public float Of(string id, int response) => _rows.TryGetValue(id, out var row) && response < row.Logps.Length
        ? row.Logps[response]
        : throw new InvalidOperationException($"response {response} of {id} has no score");

    /// <summary>Of every token of a response.</summary>
    /// <exception cref="InvalidOperationException">The id was not scored token by token, or with fewer responses.</exception>
    public ImmutableArray<float> TokensOf(string id, int response) =>
        _rows.TryGetValue(id, out var row) && row.Tokens is { } tokens && response < tokens.Length
            ? tokens[response]
            : throw new InvalidOperationException($"response {response} of {id} has no scores of its tokens");
}
