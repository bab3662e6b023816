using Sera.Actors.Work;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Actors.Training;

/// <summary>What a segment of training came to, as it is reported.</summary>
internal static class TrainedSegments
{
    /// <summary>Writes the metrics.</summary>
    public static TrainedSegment Of(TrainingResult result, WorkerSetup setup) => new(
        result.Checkpoint, result.PolicyArtifact, result.Policy,
        setup.Store.Write("metrics", RowFile.Write(result.Steps, StepMetricsFile.Row)), Means(result.Steps), result.Reference);

    private static TrainingMeans Means(IReadOnlyCollection<StepMetrics> steps) => new(
        steps.Count, steps.Average(s => s.Loss), steps.Average(s => s.Margin), steps.Average(s => s.Accuracy), steps.Average(s => s.ChosenReward),
        steps.Average(s => s.RejectedReward), steps.Average(s => s.GradNorm));
}
