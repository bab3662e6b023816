using Sera.Actors.Work;
using Sera.Model.Engine;

namespace Sera.Actors.Training;

/// <summary>The gradient of one micro-batch.</summary>
internal sealed class MicroBatchSession(GradientOrder order, IPolicyEngine engine) : IWorkSession
{
    private readonly IQuantumWork<GradientResult> _work = engine.OpenGradient(order.Request);

    public WorkProgress Progress => _work.Progress;

    public bool Advance() => _work.Advance();

    public WorkResult Finish(WorkResult unfinished) => unfinished with { Gradient = _work.Result };

    public void Dispose() => _work.Dispose();
}
