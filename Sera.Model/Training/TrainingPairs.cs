using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Model.Training;

/// <summary>The pairs of a round, from its artifacts.</summary>
internal static class TrainingPairs
{
    /// <exception cref="InputException">A pair has an empty response.</exception>
    /// <exception cref="DamagedArtifactException">An artifact is not what its name says.</exception>
    public static ImmutableArray<TrainingPairRow> Read(ArtifactStore store, ImmutableArray<ArtifactRef> artifacts)
    {
        var pairs = ImmutableArray.CreateBuilder<TrainingPairRow>();
        foreach (var artifact in artifacts) pairs.AddRange(RowFile.Read(store.Read(artifact), RowJson.Default.TrainingPairRow));
        foreach (var pair in pairs)
            if (pair.ChosenTokens.IsEmpty || pair.RejectedTokens.IsEmpty)
                throw new InputException($"pair '{pair.Id}'", "a response without tokens", "at least one", "remove the pair");
        return pairs.ToImmutable();
    }
}
