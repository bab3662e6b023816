using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Model.Training;

/// <summary>The pairs of a round, from its artifacts.</summary>
public static class TrainingPairs
{
    /// <summary>Chosen, rejected and, where there is one, the explored response, in this order.</summary>
    public static TokenGroup GroupOf(TrainingPairRow pair) => new(
        pair.Id, pair.PromptTokens,
        pair.Explored is { } explored ? [pair.ChosenTokens, pair.RejectedTokens, explored.Tokens] : [pair.ChosenTokens, pair.RejectedTokens]);

    /// <param name="referenceScores">Of the pairs as groups; they take the place of the reference log-probabilities in the rows. null = those count.</param>
    /// <exception cref="InputException">A pair has an empty response.</exception>
    /// <exception cref="DamagedArtifactException">An artifact is not what its name says.</exception>
    public static ImmutableArray<TrainingPairRow> Read(ArtifactStore store, ImmutableArray<ArtifactRef> artifacts, ImmutableArray<ArtifactRef>? referenceScores = null)
    {
        ImmutableArray<TrainingPairRow> pairs = [.. artifacts.SelectMany(a => RowFile.Read(store.Read(a), RowJson.Default.TrainingPairRow))];
        foreach (var pair in pairs)
            if (pair.ChosenTokens.IsEmpty || pair.RejectedTokens.IsEmpty)
                throw new InputException($"pair '{pair.Id}'", "a response without tokens", "at least one", "remove the pair");
        if (referenceScores is not { } scores) return pairs;
        var byId = scores.SelectMany(a => RowFile.Read(store.Read(a), RowJson.Default.ScoreRow)).ToDictionary(s => s.Id, s => s.Logps, StringComparer.Ordinal);
        return [.. pairs.Select(pair => Under(pair, byId[pair.Id]))];
    }

    private static TrainingPairRow Under(TrainingPairRow pair, ImmutableArray<float> logps) => pair with
    {
        RefChosen = logps[0],
        RefRejected = logps[1],
        Explored = pair.Explored is { } explored ? explored with { Reference = logps[2] } : null,
    };
}
