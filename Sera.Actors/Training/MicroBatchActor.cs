using Akka.Actor;
using Sera.Actors.Work;
using Sera.Model.Engine;

namespace Sera.Actors.Training;

/// <summary>
/// Computes gradients of micro-batches for whichever trainer asks. Runs on its own thread, with its own engine, which keeps the policy from one
/// micro-batch to the next and is let go when none has come for a while.
/// </summary>
internal sealed class MicroBatchActor : UntypedActor, IWithTimers
{
    private readonly EngineOwner _owner;
    private readonly WorkerLoop _loop;
    private readonly TimeSpan _patience;
    private long _begun;

    public MicroBatchActor(WorkerSetup setup, Func<IPolicyEngine> createEngine)
    {
        _patience = setup.Settings.Announce;
        _owner = new EngineOwner(createEngine);
        _loop = new WorkerLoop(
            WorkKind.Gradient, setup, order => new MicroBatchSession(order.Gradient!, _owner.Engine), _owner.Fingerprint, _owner.Dispose);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _loop.Start(Context, Timers);
        Timers.StartPeriodicTimer(Rest.Instance, Rest.Instance, _patience);
    }

    protected override void OnReceive(object message)
    {
        if (message is Rest) LetGo();
        else if (!_loop.Handle(message)) Unhandled(message);
    }

    protected override void PreRestart(Exception reason, object message)
    {
        _loop.Abandon(WorkFailures.Describe(reason));
        base.PreRestart(reason, message);
    }

    protected override void PostStop()
    {
        _loop.Dispose();
        _owner.Dispose();
    }

    private void LetGo()
    {
        if (_loop.IsIdle && _loop.Begun == _begun) _owner.Dispose();
        _begun = _loop.Begun;
    }

    private sealed class Rest : INoSerializationVerificationNeeded
    {
        public static readonly Rest Instance = new();
    }
}
