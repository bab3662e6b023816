using System.Text.Json.Serialization.Metadata;
using Sera.Actors.Serialization;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Actors.Training;

/// <summary>The metrics artifacts of training: StepMetrics lines, one an optimizer step.</summary>
public static class StepMetricsFile
{
    internal static JsonTypeInfo<StepMetrics> Row => WireJson.Default.StepMetrics;

    /// <exception cref="DamagedArtifactException">The artifact is missing or is not what its name says.</exception>
    public static IReadOnlyList<StepMetrics> Read(ArtifactStore store, ArtifactRef metrics) => RowFile.Read(store.Read(metrics), Row);
}
