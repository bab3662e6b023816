using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Tokens;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Work;

/// <summary>Log-probabilities of pairs under the training reference, as the loss sums them.</summary>
internal sealed class TrainReferenceTable(LossOptions loss, ScoreTable scores)
{
    private readonly TokenWeighting? _weights = TokenWeightings.Of(loss);

    /// <summary>null where the loss is free of a reference.</summary>
    public static TrainReferenceTable? Read(LossOptions loss, ImmutableArray<ArtifactRef> artifacts, RowCache rows) =>
        ScoreTable.Read(artifacts, rows) is { } scores ? new TrainReferenceTable(loss, scores) : null;

    /// <summary>Whether all tokens of a response have a log-probability.</summary>
    public bool IsFinite(string id, int response) => float.IsFinite(scores.Of(id, response));

    /// <summary>Of chosen and rejected.</summary>
    /// <param name="id">As it was scored.</param>
    /// <param name="chosen">Place of the response.</param>
    /// <param name="columns">Of the pair.</param>
    public (float Chosen, float Rejected) Of(string id, int chosen, int rejected, PairColumns? columns)
    {
        if (_weights is null) return (scores.Of(id, chosen), scores.Of(id, rejected));
        var (w, l) = (scores.TokensOf(id, chosen), scores.TokensOf(id, rejected));
        return (Sum(w, l.Length, columns?.ChosenEdits), Sum(l, w.Length, columns?.RejectedEdits));

        float Sum(ImmutableArray<float> tokens, int otherLength, ImmutableArray<int>? edits) =>
            _weights.Sum(loss, tokens.AsSpan(), otherLength, (edits ?? []).AsSpan());
    }
}
