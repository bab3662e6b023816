using Sera.Actors.Work;
using Sera.Model.Engine;

namespace Sera.Actors.Training;

/// <summary>One segment of a round's optimizer steps.</summary>
internal sealed class TrainingSession(TrainOrder order, IPolicyEngine engine, WorkerSetup setup) : IWorkSession
{
    private readonly IQuantumWork<TrainingResult> _work = engine.OpenTraining(order.Segment);

    public WorkProgress Progress => _work.Progress;

    public bool Advance() => _work.Advance();

    public WorkResult Finish(WorkResult unfinished) => unfinished with { Trained = TrainedSegments.Of(_work.Result, setup) };

    public void Dispose() => _work.Dispose();
}
