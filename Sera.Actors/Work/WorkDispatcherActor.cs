using Akka.Actor;
using Akka.Event;
using Sera.Actors.Runs;

namespace Sera.Actors.Work;

/// <summary>
/// Hands out work to those who ask. Workers pull; a request that nothing answers yet is parked until an announcement brings an order. It may be
/// lost with all it knows: runs announce again, workers ask again.
/// </summary>
public sealed class WorkDispatcherActor : ReceiveActor, IWithTimers
{
    private readonly AwakeClock _clock;
    private readonly Dictionary<string, IActorRef> _runs = [];
    private readonly Dictionary<string, IActorRef> _workers = [];
    private readonly List<(string Worker, WorkKind Kind)> _parked = [];
    private WorkLedger _ledger;

    public WorkDispatcherActor(WorkSettings settings, TimeProvider clock)
    {
        _clock = new AwakeClock(clock, settings.Beat * 2);
        _ledger = new WorkLedger(settings.Lease, settings.Attempts);
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, settings.Beat);

        Receive<AnnounceWork>(Announce);
        Receive<WithdrawWork>(m => _ledger = _ledger.Withdraw(m.RunId, m.Epoch));
        Receive<WorkRecorded>(m => _ledger = _ledger.Recorded(m.RunId, m.WorkId));
        Receive<RequestWork>(Request);
        Receive<RenewLease>(Renew);
        Receive<WorkCompleted>(m => Settle(m.Result.WorkId, m.Attempt, _ledger.Complete(Worker, m.Attempt, m.Result)));
        Receive<WorkFailed>(Fail);
        Receive<Terminated>(Lose);
        Receive<Tick>(_ => Look());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static string Worker => Key(Context.Sender);

    /// <summary>Path and incarnation, so that a worker under a dead one's name is another worker.</summary>
    private static string Key(IActorRef worker) => worker.Path.ToStringWithUid();

    private void Announce(AnnounceWork announced)
    {
        _runs[announced.RunId] = Sender;
        _ledger = _ledger.Announce(announced.RunId, announced.Epoch, announced.Orders);
        TellOutcomes(announced.RunId);
        Serve();
    }

    private void Request(RequestWork request)
    {
        var worker = Worker;
        if (_workers.TryAdd(worker, Sender)) Context.Watch(Sender);
        if (!_parked.Contains((worker, request.Capability))) _parked.Add((worker, request.Capability));
        Serve();
    }

    private void Renew(RenewLease renew)
    {
        (_ledger, var alive) = _ledger.Renew(Worker, renew.WorkId, renew.Attempt, _clock.Now());
        if (!alive) Sender.Tell(new LeaseRevoked(renew.WorkId, renew.Attempt));
    }

    private void Fail(WorkFailed failed)
    {
        // The run says what a lost checkpoint means for it.
        if (failed.Failure != WorkFailureKind.Checkpoint)
            Context.GetLogger().Warning("{0}: attempt {1} failed: {2}", failed.WorkId, failed.Attempt, failed.Reason);
        Settle(failed.WorkId, failed.Attempt, _ledger.Fail(Worker, failed.Attempt, failed.WorkId, failed.Failure, failed.Reason));
    }

    private void Settle(string workId, int attempt, WorkLedger next)
    {
        Sender.Tell(new WorkAcknowledged(workId, attempt));
        if (ReferenceEquals(next, _ledger)) return;
        _ledger = next;
        TellOutcomes(null);
        Serve();
    }

    private void Lose(Terminated terminated)
    {
        var worker = Key(terminated.ActorRef);
        _workers.Remove(worker);
        _parked.RemoveAll(p => p.Worker == worker);
        _ledger = _ledger.Lose(worker);
        TellOutcomes(null);
        Serve();
    }

    private void Look()
    {
        _ledger = _ledger.Expire(_clock.Now());
        TellOutcomes(null);
        Serve();
    }

    private void Serve()
    {
        foreach (var parked in _parked.ToArray())
        {
            (_ledger, var granted) = _ledger.Grant(parked.Worker, parked.Kind, _clock.Now());
            if (granted is null) continue;
            _parked.Remove(parked);
            _workers[parked.Worker].Tell(granted);
        }
    }

    /// <summary>Tells what became of orders; repeated on every beat until the runs have recorded it.</summary>
    /// <param name="runId">null = all runs.</param>
    private void TellOutcomes(string? runId)
    {
        foreach (var item in _ledger.Items.Values.Where(i => i.Outcome is not null))
        {
            foreach (var (run, epoch) in item.Runs.Where(r => runId is null || r.Key == runId))
            {
                IRunCommand command = item.Outcome is { Result: { } result }
                    ? new RecordWork(run, epoch, result)
                    : new GiveUpWork(run, epoch, item.Order.WorkId, item.Outcome!.Failure, item.Outcome.Reason);
                _runs[run].Tell(command);
            }
        }
    }

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }
}
