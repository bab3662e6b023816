using Akka.Actor;
using Sera.Actors.Work;

namespace Sera.Actors.Bootstrapping;

/// <summary>Makes preference pairs of the policy's own responses.</summary>
internal sealed class PreferenceBootstrapActor : UntypedActor, IWithTimers
{
    private readonly WorkerLoop _loop;

    public PreferenceBootstrapActor(WorkerSetup setup) =>
        _loop = new WorkerLoop(
            WorkKind.Bootstrap, setup, order => new WholeSession(unfinished => unfinished with { Bootstrapped = BootstrapWork.Run(order.Bootstrap!, setup) }));

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
