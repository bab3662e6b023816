using Akka.Actor;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Engine;

namespace Sera.Actors.Training;

/// <summary>Trains a policy from checkpoint to checkpoint, alone or with the gradients of others. Runs on its own thread, with its own engine.</summary>
internal sealed class GradientTrainingActor : UntypedActor, IWithTimers
{
    private readonly EngineOwner _owner;
    private readonly WorkerLoop _loop;
    private readonly IActorRef _dispatcher;

    public GradientTrainingActor(WorkerSetup setup, Func<IPolicyEngine> createEngine)
    {
        _owner = new EngineOwner(createEngine);
        _loop = new WorkerLoop(
            WorkKind.Train, setup, order => Open(order, setup), _owner.Fingerprint, _owner.Dispose);
        _dispatcher = setup.Dispatcher;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => _loop.Start(Context, Timers);

    protected override void OnReceive(object message)
    {
        if (_loop.Handle(message)) return;
        switch (message)
        {
            // Of a training that has ended, whose withdrawal was lost.
            case RecordWork record:
                _dispatcher.Tell(new WithdrawWork(record.RunId, record.Epoch));
                break;
            case GiveUpWork given:
                _dispatcher.Tell(new WithdrawWork(given.RunId, given.Epoch));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private IWorkSession Open(WorkOrder order, WorkerSetup setup) => order.Train!.Segment.Training.Distribute
        ? new DistributedTrainingSession(order, _owner.Engine, setup, Self)
        : new TrainingSession(order.Train, _owner.Engine, setup);

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
