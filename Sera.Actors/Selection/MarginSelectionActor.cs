using Akka.Actor;
using Sera.Actors.Work;

namespace Sera.Actors.Selection;

/// <summary>Selects offline pairs by their ensemble margin.</summary>
internal sealed class MarginSelectionActor : UntypedActor, IWithTimers
{
    private readonly WorkerLoop _loop;

    public MarginSelectionActor(WorkerSetup setup) =>
        _loop = new WorkerLoop(
            WorkKind.Select, setup, order => new WholeSession(unfinished => unfinished with { Selected = SelectionWork.Run(order.Select!, setup) }));

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
