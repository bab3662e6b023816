using Sera.Actors.Work;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Actors.Training;

/// <summary>One segment of a round's optimizer steps.</summary>
internal sealed class TrainingSession(TrainOrder order, IPolicyEngine engine, WorkerSetup setup) : IWorkSession
{
    private readonly IQuantumWork<TrainingResult> _work = engine.OpenTraining(order.Segment);

    public WorkProgress Progress => _work.Progress;

    public bool Advance() => _work.Advance();

    public WorkResult Finish(WorkResult unfinished)
    {
        var result = _work.Result;
        return unfinished with
        {
            Trained = new TrainedSegment(
                result.Checkpoint, result.PolicyArtifact, result.Policy,
                setup.Store.Write("metrics", RowFile.Write(result.Steps, StepMetricsFile.Row)), Means(result.Steps)),
        };
    }

    public void Dispose() => _work.Dispose();

    private static TrainingMeans Means(IReadOnlyCollection<StepMetrics> steps) => new(
        steps.Count, steps.Average(s => s.Loss), steps.Average(s => s.Margin), steps.Average(s => s.Accuracy), steps.Average(s => s.ChosenReward),
        steps.Average(s => s.RejectedReward), steps.Average(s => s.GradNorm));
}
