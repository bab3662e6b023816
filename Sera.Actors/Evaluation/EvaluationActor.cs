using Akka.Actor;
using Sera.Actors.Work;

namespace Sera.Actors.Evaluation;

/// <summary>Measures a policy by its answers and by its ranking of held-out pairs.</summary>
internal sealed class EvaluationActor : UntypedActor, IWithTimers
{
    private readonly WorkerLoop _loop;

    public EvaluationActor(WorkerSetup setup) =>
        _loop = new WorkerLoop(
            WorkKind.Evaluate, setup, order => new WholeSession(unfinished => unfinished with { Evaluated = EvaluationWork.Run(order.Evaluate!, setup) }));

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => _loop.Start(Context, Timers);

    protected override void OnReceive(object message)
    {
        if (!_loop.Handle(message)) Unhandled(message);
    }

    protected override void PreRestart(Exception reason, object message)
    {
        _loop.Abandon(WorkFailures.Describe(reason));
        base.PreRestart(reason, message);
    }

    protected override void PostStop() => _loop.Dispose();
}
