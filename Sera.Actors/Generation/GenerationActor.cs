using Akka.Actor;
using Sera.Actors.Work;
using Sera.Model.Engine;

namespace Sera.Actors.Generation;

/// <summary>Draws responses to prompts. Runs on its own thread, with its own engine.</summary>
internal sealed class GenerationActor : UntypedActor, IWithTimers
{
    private readonly EngineOwner _owner;
    private readonly WorkerLoop _loop;

    /// <param name="turn">Of this worker and another one on the same device; null = it is alone there.</param>
    public GenerationActor(WorkerSetup setup, Func<IPolicyEngine> createEngine, DeviceTurn? turn = null)
    {
        _owner = new EngineOwner(createEngine);
        _loop = new WorkerLoop(
            WorkKind.Generate, setup, order => new GenerationSession(order.Generate!, _owner.Engine, setup), _owner.Fingerprint, _owner.Dispose, turn);
    }

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

    protected override void PostStop()
    {
        _loop.Dispose();
        _owner.Dispose();
    }
}
