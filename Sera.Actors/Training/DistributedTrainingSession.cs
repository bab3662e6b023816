using Akka.Actor;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Training;

/// <summary>
/// One segment of a round's optimizer steps whose gradients others compute. Towards the dispatcher it is what a run is: it announces the
/// micro-batches of a step, again on every beat while they are outstanding, and is told what became of them. Nothing of a step outlives it.
/// </summary>
internal sealed class DistributedTrainingSession : IWaitingSession
{
    /// <summary>Nobody else ever announces under this session's name, so no epoch has to keep them apart.</summary>
    internal const long Epoch = 1;

    private const int OrdersInMessage = 16;
    private readonly WorkOrder _order;
    private readonly IDistributedTraining _work;
    private readonly WorkerSetup _setup;
    private readonly IActorRef _self;
    private readonly string _name;
    private readonly CancellationTokenSource _stop = new();
    private DistributedStep? _step;
    private Exception? _failure;

    public DistributedTrainingSession(WorkOrder order, IPolicyEngine engine, WorkerSetup setup, IActorRef self)
    {
        (_order, _setup, _self) = (order, setup, self);
        _name = RunIds.Part(order.RunId, $"train-{order.WorkId[..8]}-{Guid.NewGuid().ToString("N")[..8]}");
        _work = engine.OpenDistributedTraining(order.Train!.Segment);
    }

    public bool IsWaiting => _failure is null && _step is { IsReady: false };

    public WorkProgress Progress => _work.Progress;

    public bool Advance()
    {
        if (_failure is { } failure) throw failure;
        if (_step is { } step) Add(step);
        else if (!_work.Advance()) return false;
        else if (!_work.Awaited.IsEmpty) Begin();
        return true;
    }

    public bool IsFor(object message) => message switch
    {
        RecordWork record => record.RunId == _name,
        GiveUpWork given => given.RunId == _name,
        Obtained obtained => ReferenceEquals(obtained.Session, this),
        _ => false,
    };

    public void Hear(object message)
    {
        switch (message)
        {
            case RecordWork record:
                Tell(new WorkRecorded(_name, record.Result.WorkId));
                if (_step?.Find(record.Result.WorkId) is { Result: null } recorded) Take(recorded, record.Result);
                break;
            case GiveUpWork given:
                Tell(new WorkRecorded(_name, given.WorkId));
                if (_step?.Find(given.WorkId) is { Result: null }) _failure = new GivenUpException(given.Failure, given.Reason);
                break;
            case Obtained { MicroBatch: var microBatch } obtained:
                if (obtained.Failure is null) microBatch.IsHere = true;
                else Lose(microBatch, obtained.Failure);
                break;
        }
    }

    public void Beat()
    {
        if (_step is { } step) Announce([.. step.Outstanding]);
    }

    public WorkResult Finish(WorkResult unfinished) => unfinished with { Trained = TrainedSegments.Of(_work.Result, _setup) };

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        if (_step is { } step) _setup.Supply.Discard(step.Artifacts);
        Tell(new WithdrawWork(_name, Epoch));
        _work.Dispose();
    }

    private void Begin()
    {
        _step = new DistributedStep(_work.Awaited, _name, _order);
        Announce([.. _step.Outstanding]);
    }

    private void Add(DistributedStep step)
    {
        var next = step.Next;
        try
        {
            _work.Add(next.Result!);
        }
        catch (DamagedArtifactException e) when (e.Artifact.IsTransient)
        {
            Lose(next, e);
            return;
        }
        step.Added();
        if (!step.IsTaken) return;
        _step = null;
        _setup.Supply.Discard(step.Artifacts);
    }

    private void Take(DistributedStep.MicroBatch microBatch, WorkResult result)
    {
        microBatch.Result = result.Gradient ?? throw new InvalidOperationException($"{result.WorkId} came to something else than a gradient");
        if (microBatch.Result.Gradient is not { } gradient)
        {
            microBatch.IsHere = true;
            return;
        }
        var obtaining = _setup.Supply.ObtainAsync([gradient], [], _stop.Token);
        if (obtaining.IsCompletedSuccessfully) microBatch.IsHere = true;
        else obtaining.PipeTo(_self, _self, () => new Obtained(this, microBatch, null), e => new Obtained(this, microBatch, e));
    }

    /// <summary>The gradient went with the worker that had it: its micro-batch is done again, and the step goes on.</summary>
    private void Lose(DistributedStep.MicroBatch microBatch, Exception failure)
    {
        (microBatch.Result, microBatch.IsHere) = (null, false);
        if (failure is DamagedArtifactException && ++microBatch.Lost < _setup.Settings.Attempts) Announce([microBatch.Order]);
        else _failure = failure;
    }

    private void Announce(WorkOrder[] orders)
    {
        foreach (var some in orders.Chunk(OrdersInMessage)) Tell(new AnnounceWork(_name, Epoch, [.. some]));
    }

    private void Tell(object message) => _setup.Dispatcher.Tell(message, _self);

    private sealed record Obtained(DistributedTrainingSession Session, DistributedStep.MicroBatch MicroBatch, Exception? Failure)
        : INoSerializationVerificationNeeded;
}
