using Akka.Actor;
using Akka.Event;
using Sera.Actors.Runs;

namespace Sera.Actors.Work;

/// <summary>
/// Hands out work to those who ask. Workers pull; a request that nothing answers yet is parked until an announcement brings an order. It may be
/// lost with all it knows: runs announce again, workers ask again, and those at work tell it what they hold.
/// </summary>
public sealed class WorkDispatcherActor : ReceiveActor, IWithTimers
{
    private readonly AwakeClock _clock;
    private readonly Dictionary<string, IActorRef> _runs = [];
    private readonly Dictionary<string, IActorRef> _workers = [];
    private readonly List<(string Worker, WorkPool Pool)> _parked = [];
    private WorkLedger _ledger;
    private WorkerBook _book = WorkerBook.Empty;

    public WorkDispatcherActor(WorkSettings settings, TimeProvider clock)
    {
        _clock = new AwakeClock(clock, settings.Beat * 2);
        _ledger = new WorkLedger(settings, Random.Shared.Next(int.MaxValue / 2));
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, settings.Beat);

        Receive<AnnounceWork>(Announce);
        Receive<WithdrawWork>(Withdraw);
        Receive<WorkRecorded>(m => Become(_ledger.Recorded(m.RunId, m.WorkId)));
        Receive<RequestWork>(Request);
        Receive<RenewLease>(Renew);
        Receive<ReturnLease>(Return);
        Receive<WorkCompleted>(Complete);
        Receive<WorkFailed>(Fail);
        Receive<GetWorkOverview>(_ => Sender.Tell(_book.Overview(_ledger.Table)));
        Receive<Terminated>(Lose);
        Receive<Tick>(_ => Look());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Path and incarnation, so that a worker under a dead one's name is another worker.</summary>
    private static string Key(IActorRef worker) => worker.Path.ToStringWithUid();

    private void Announce(AnnounceWork announced)
    {
        if (!_ledger.Accepts(announced.RunId, announced.Epoch)) return;
        _runs[announced.RunId] = Sender;
        if (RunIds.IsPart(announced.RunId)) Context.Watch(Sender);
        Become(_ledger.Announce(announced.RunId, announced.Epoch, announced.Orders));
        foreach (var order in announced.Orders)
        {
            TellOutcome(order.WorkId, announced.RunId);
        }
        Serve();
    }

    private void Withdraw(WithdrawWork withdrawn)
    {
        if (!_ledger.Accepts(withdrawn.RunId, withdrawn.Epoch)) return;
        _runs.Remove(withdrawn.RunId);
        Become(_ledger.Withdraw(withdrawn.RunId, withdrawn.Epoch));
    }

    private void Request(RequestWork request)
    {
        var pool = new WorkPool(request.Capability, request.Engine);
        var worker = Meet(pool, request.Device);
        if (!_parked.Contains((worker, pool))) _parked.Add((worker, pool));
        Serve();
    }

    private void Renew(RenewLease renew)
    {
        var worker = Meet(PoolOf(renew.WorkId), renew.Device);
        if (renew.Progress is { } progress) _book = _book.Progressed(worker, renew.WorkId, progress);
        var (next, alive) = _ledger.Renew(worker, renew.WorkId, renew.Attempt, _clock.Now());
        Become(next);
        if (alive) _parked.RemoveAll(p => p.Worker == worker);
        else Sender.Tell(new LeaseRevoked(renew.WorkId, renew.Attempt));
    }

    private void Return(ReturnLease returned)
    {
        var worker = Key(Sender);
        _parked.RemoveAll(p => p.Worker == worker);
        Become(_ledger.Return(worker, returned.WorkId, returned.Attempt));
        Serve();
    }

    private void Complete(WorkCompleted completed)
    {
        var result = completed.Result;
        var worker = Meet(PoolOf(result.WorkId), null);
        var (next, heard) = _ledger.Complete(worker, completed.Attempt, result, _clock.Now());
        var counts = next.Table.Find(result.WorkId)?.Outcome is { Result: not null } outcome && _ledger.Table.Find(result.WorkId)?.Outcome != outcome;
        Become(next);
        if (counts) _book = _book.Completed(worker, result.Effort);
        if (heard) Settle(result.WorkId, completed.Attempt);
    }

    private void Fail(WorkFailed failed)
    {
        // The run says what a lost checkpoint means for it.
        if (failed.Failure != WorkFailureKind.Checkpoint)
            Context.GetLogger().Warning("{0}: an attempt failed: {1}", failed.WorkId, failed.Reason);
        var able = PoolOf(failed.WorkId) is { } pool ? _book.Of(pool) : null;
        Become(_ledger.Fail(Key(Sender), failed.Attempt, failed.WorkId, failed.Failure, failed.Reason, able, _clock.Now()));
        Settle(failed.WorkId, failed.Attempt);
    }

    private void Lose(Terminated terminated)
    {
        var worker = Key(terminated.ActorRef);
        _workers.Remove(worker);
        _parked.RemoveAll(p => p.Worker == worker);
        _book = _book.Lost(worker);
        Become(_ledger.Lose(worker));
        // A run's actor comes back and asks again; what asked for a part of its work does not.
        foreach (var part in _runs.Where(r => r.Value.Equals(terminated.ActorRef) && RunIds.IsPart(r.Key)).Select(r => r.Key).ToArray())
        {
            _runs.Remove(part);
            Become(_ledger.Withdraw(part, long.MaxValue));
        }
        TellOutcomes();
        Serve();
    }

    /// <summary>Runs that have not recorded an outcome hear of it on every beat.</summary>
    private void Look()
    {
        Become(_ledger.Expire(_clock.Now()));
        TellOutcomes();
        Serve();
    }

    /// <summary>Watches whoever speaks, also one whose lease another dispatcher granted.</summary>
    /// <param name="pool">null where it cannot be told.</param>
    private string Meet(WorkPool? pool, string? device)
    {
        var worker = Key(Sender);
        if (_workers.TryAdd(worker, Sender)) Context.Watch(Sender);
        if (pool is { } known) _book = _book.Seen(worker, AddressOf(Sender), known, device);
        return worker;
    }

    private WorkPool? PoolOf(string workId) => _ledger.Table.Find(workId) is { } item ? WorkPool.Of(item.Order) : null;

    private void Become(WorkLedger next)
    {
        foreach (var ended in next.Ended)
        {
            if (_workers.TryGetValue(ended.Worker, out var worker)) worker.Tell(new LeaseRevoked(ended.WorkId, ended.Attempt));
        }
        _ledger = next.WithEndedTold();
    }

    private void Settle(string workId, int attempt)
    {
        Sender.Tell(new WorkAcknowledged(workId, attempt));
        TellOutcome(workId);
        Serve();
    }

    private void Serve()
    {
        var without = new HashSet<WorkPool>();
        foreach (var parked in _parked.ToArray())
        {
            if (without.Contains(parked.Pool)) continue;
            var (next, granted) = _ledger.Grant(parked.Worker, parked.Pool, _clock.Now(), _book.Of(parked.Pool));
            Become(next);
            if (granted is null)
            {
                if (!_ledger.Table.HasFree(parked.Pool)) without.Add(parked.Pool);
                continue;
            }
            _parked.Remove(parked);
            _workers[parked.Worker].Tell(granted);
        }
    }

    private void TellOutcomes()
    {
        foreach (var workId in _ledger.Table.Settled.Values)
        {
            TellOutcome(workId);
        }
    }

    /// <param name="runId">null = every run that waits for it.</param>
    private void TellOutcome(string workId, string? runId = null)
    {
        if (_ledger.Table.Find(workId) is not { Outcome: { } outcome } item) return;
        foreach (var (run, epoch) in item.Runs)
        {
            if ((runId is not null && run != runId) || !_runs.TryGetValue(run, out var actor)) continue;
            IRunCommand command = outcome.Result is { } result
                ? new RecordWork(run, epoch, result)
                : new GiveUpWork(run, epoch, workId, outcome.Failure, outcome.Reason);
            actor.Tell(command);
        }
    }

    /// <summary>The path of a worker of this node has no address of its own.</summary>
    private static string AddressOf(IActorRef worker) =>
        worker.Path.ToStringWithAddress(((ExtendedActorSystem)Context.System).Provider.DefaultAddress);

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        public static readonly Tick Instance = new();
    }
}
