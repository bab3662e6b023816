using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Actors.Work;

/// <summary>Log-probabilities by id and place of the response. Joined by id, never by position in a file.</summary>
internal sealed class ScoreTable
{
    private readonly Dictionary<string, ImmutableArray<float>> _logps;

    public ScoreTable(IEnumerable<ScoreRow> rows) => _logps = rows.ToDictionary(r => r.Id, r => r.Logps, StringComparer.Ordinal);

    /// <summary>null where there are no scores because the loss is free of a reference.</summary>
    public static ScoreTable? Read(ImmutableArray<ArtifactRef> scores, RowCache rows) =>
        scores.IsEmpty ? null : new ScoreTable(rows.ReadAll(scores, RowJson.Default.ScoreRow));

    /// <exception cref="InvalidOperationException">The id was not scored, or with fewer responses.</exception>
    public float Of(string id, int response) => _logps.TryGetValue(id, out var logps) && response < logps.Length
        ? logps[response]
        : throw new InvalidOperationException($"response {response} of {id} has no score");
}
