using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Actors.Work;

/// <summary>What was scored, by id and place of the response. Joined by id, never by position in a file.</summary>
internal sealed class ScoreTable
{
    private readonly Dictionary<string, ScoreRow> _rows;

    public ScoreTable(IEnumerable<ScoreRow> rows) => _rows = rows.ToDictionary(r => r.Id, StringComparer.Ordinal);

    /// <summary>null where there are no scores because the loss is free of a reference.</summary>
    public static ScoreTable? Read(ImmutableArray<ArtifactRef> scores, RowCache rows) =>
        scores.IsEmpty ? null : new ScoreTable(rows.ReadAll(scores, RowJson.Default.ScoreRow));

    /// <summary>Summed log-probability.</summary>
    /// <exception cref="InvalidOperationException">The id was not scored, or with fewer responses.</exception>
    public float Of(string id, int response) => At<float>(id, response, row => row.Logps);

    /// <summary>By a reward model.</summary>
    /// <inheritdoc cref="Of"/>
    public float Reward(string id, int response) => At<float>(id, response, row => row.Rewards);

    /// <summary>Mean hidden state.</summary>
    /// <inheritdoc cref="Of"/>
    public ImmutableArray<float> State(string id, int response) => At<ImmutableArray<float>>(id, response, row => row.States);

    /// <summary>Of every token of a response.</summary>
    /// <inheritdoc cref="Of"/>
    public ImmutableArray<float> TokensOf(string id, int response) => At<ImmutableArray<float>>(id, response, row => row.Tokens);

    private T At<T>(string id, int response, Func<ScoreRow, ImmutableArray<T>?> column) =>
        _rows.TryGetValue(id, out var row) && column(row) is { } values && response < values.Length
            ? values[response]
            : throw new InvalidOperationException($"response {response} of {id} has no score");
}
