using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Actors.Work;

/// <summary>
/// Reward-augmented pairs (arXiv 2410.08067): where a prompt asks for the score of the chosen response, that one is preferred; where it asks for the
/// rejected one's, the other way round.
/// </summary>
/// <param name="prefixes">What asks for each score, from 1 on.</param>
internal sealed class ScoredPairMaker(ImmutableArray<PromptPrefixRow> prefixes)
{
    private readonly List<(TrainingPairRow Pair, double Chosen, double Rejected)> _kept = [];

    /// <summary>null for null.</summary>
    public static ScoredPairMaker? Read(ArtifactRef? prefixes, RowCache rows) =>
        prefixes is null ? null : new ScoredPairMaker(rows.Read(prefixes, RowJson.Default.PromptPrefixRow));

    /// <param name="chosen">Its reward, that the pair was kept by.</param>
    public void Add(TrainingPairRow pair, double chosen, double rejected) => _kept.Add((pair, chosen, rejected));

    /// <summary>
    /// Two of every pair whose chosen response has the higher score, none of others. They have no margin, and no log-probabilities under the reference yet:
    /// nobody has scored them.
    /// </summary>
    public List<TrainingPairRow> Make()
    {
        if (_kept.Count == 0) return [];
        var scores = RewardScores.Of([.. _kept.SelectMany(k => new[] { k.Chosen, k.Rejected })]);
        var made = new List<TrainingPairRow>(2 * _kept.Count);
        for (var i = 0; i < _kept.Count; i++)
        {
            var (pair, chosen, rejected) = (_kept[i].Pair, scores[2 * i], scores[(2 * i) + 1]);
            if (chosen <= rejected) continue;
            made.Add(Asking(pair, chosen) with { Id = $"{pair.Id}/score-{chosen}" });
            made.Add(Asking(pair, rejected) with { Id = $"{pair.Id}/score-{rejected}", ChosenTokens = pair.RejectedTokens, RejectedTokens = pair.ChosenTokens });
        }
        return made;
    }

    private TrainingPairRow Asking(TrainingPairRow pair, int score) =>
        pair with { PromptTokens = prefixes[score - 1].Before(pair.PromptTokens), RefChosen = 0, RefRejected = 0, Margin = null };
}
