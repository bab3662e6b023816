using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Tokens;
using Sera.Model.Data;

namespace Sera.Actors.Work;

/// <summary>The columns that the loss of a run asks for, made where the training pairs are made.</summary>
/// <param name="current">Rewards under pi_(t-1); null in round 1.</param>
/// <param name="previous">Rewards under pi_(t-2); null where there is no such policy, or nobody asked for its scores.</param>
/// <param name="labelled">The pairs have labels of the data, which no ranking of the policy's speaks against: no consistency.</param>
/// <param name="refinement">Under the augmented prompt: pi_(t-1) and the training reference; null where there is none.</param>
/// <param name="states">Mean hidden states under the starting policy; null where similarity is not that of states.</param>
internal sealed class PairColumnMaker(
    LossOptions loss, RewardTable? current, RewardTable? previous, bool labelled, (ScoreTable Policy, ScoreTable Reference)? refinement = null, ScoreTable? states = null)
{
    private readonly bool _regressesOnVotes = PreferenceLosses.Get(loss.Name).NeedsWinRate;
    private readonly ImmutableArray<PairColumn> _columns = PreferenceLosses.ColumnsOf(loss);
    private readonly RankConsistency _consistency = RankConsistency.Find(loss.Consistency)!;

    /// <summary>null for null.</summary>
    public static (ScoreTable Policy, ScoreTable Reference)? Refinement(MarginScores? scores, RowCache rows) => scores is null ? null
        : (new ScoreTable(rows.ReadAll(scores.Policy, RowJson.Default.ScoreRow)), new ScoreTable(rows.ReadAll(scores.Reference, RowJson.Default.ScoreRow)));

    /// <summary>Of a pair of responses to one prompt; null where the loss asks for nothing.</summary>
    /// <param name="id">As it was scored.</param>
    /// <param name="responses">All responses that were scored together, by place.</param>
    /// <param name="label">Of a pair of the data: its win rate, where it has one.</param>
    /// <param name="margin">Of a pair of the policy's own: the ensemble margin, which stands for votes where the loss cannot do without.</param>
    public PairColumns? Of(
        string id, IReadOnlyList<ImmutableArray<int>> responses, int chosen, int rejected, double? label = null, double? margin = null)
    {
        var rate = !Asks(PairColumn.WinRate) ? null : label ?? (_regressesOnVotes && margin is { } m ? WinRates.OfMargin(m) : null);
        // A win rate is there only where the data or the margin gives one; everything else is made for every pair.
        if (rate is null && _columns.All(c => c == PairColumn.WinRate)) return null;
        (ImmutableArray<int> Chosen, ImmutableArray<int> Rejected)? edits =
            Asks(PairColumn.Edits) ? TokenEdits.Between(responses[chosen].AsSpan(), responses[rejected].AsSpan()) : null;
        return new PairColumns(
            Asks(PairColumn.Consistency) ? Consistency(id, responses) : null,
            Asks(PairColumn.Similarity) ? Similarity(id, responses, chosen, rejected) : null,
            Asks(PairColumn.Uncertainty) ? Uncertainty(id, responses, chosen) : null,
            Asks(PairColumn.Uncertainty) ? Uncertainty(id, responses, rejected) : null,
            Asks(PairColumn.Refinement) ? Refinement(id, chosen) : null,
            Asks(PairColumn.Refinement) ? Refinement(id, rejected) : null,
            edits?.Chosen,
            edits?.Rejected,
            rate);
    }

    /// <summary>
    /// The mean consistency for pairs that have none of their own although others do, or for all where that is asked for (CREAM's variant with one
    /// consistency for the whole set).
    /// </summary>
    public List<TrainingPairRow> Complete(List<TrainingPairRow> pairs)
    {
        if (Mean(pairs) is not { } mean) return pairs;
        return
        [
            .. pairs.Select(p => loss.AverageConsistency || p.Columns?.Consistency is null ? p with { Columns = (p.Columns ?? PairColumns.None) with { Consistency = mean } } : p),
        ];
    }

    /// <summary>Mean consistency of the pairs that have one; null where none has.</summary>
    public static double? Mean(IEnumerable<TrainingPairRow> pairs) => RankConsistency.Mean(pairs.Select(p => p.Columns?.Consistency));

    private bool Asks(PairColumn column) => _columns.Contains(column);

    /// <summary>Where there is no policy before the current one, the one it is measured against stands for it, by its mean log-probability per token, as CREAM does in its first round.</summary>
    private double? Consistency(string id, IReadOnlyList<ImmutableArray<int>> responses)
    {
        if (current is null || labelled) return null;
        double[] now = [.. responses.Select((r, k) => current.Of(id, k, r.Length))];
        double[] before = [.. responses.Select((r, k) => previous is null ? current.ReferenceMean(id, k, r.Length) : previous.Of(id, k, r.Length))];
        return now.All(double.IsFinite) && before.All(double.IsFinite) ? _consistency.Of(now, before) : null;
    }

    private double Similarity(string id, IReadOnlyList<ImmutableArray<int>> responses, int chosen, int rejected) => states is null
        ? LengthPrior.Similarity(responses[chosen].AsSpan(), responses[rejected].AsSpan())
        : CosinePrior.Similarity(states.State(id, chosen).AsSpan(), states.State(id, rejected).AsSpan());

    private double? Uncertainty(string id, IReadOnlyList<ImmutableArray<int>> responses, int response)
    {
        if (current is null || previous is null) return null;
        var u = Math.Abs(current.Of(id, response, responses[response].Length) - previous.Of(id, response, responses[response].Length));
        return double.IsFinite(u) ? u : null;
    }

    private double? Refinement(string id, int response) => refinement is var (policy, reference) ? policy.Of(id, response) - (double)reference.Of(id, response) : null;
}
