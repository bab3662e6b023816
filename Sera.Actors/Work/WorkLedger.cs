using System.Collections.Immutable;

namespace Sera.Actors.Work;

/// <summary>
/// Who does what, as pure values: no clock, no actors. A lease ends by a result, a failure, its return, its deadline or its worker's death, and the
/// order is then free again, until it has failed too often or lost too many workers. A slow one may have a second lease beside it. Nothing here is
/// durable: runs announce again what they need, and workers who come with a lease of a ledger that is no more keep it here (docs/adr/0008).
/// </summary>
internal sealed record WorkLedger
{
    private readonly WorkSettings _settings;
    private readonly int _first;

    /// <param name="settings">Its terms and limits.</param>
    /// <param name="first">
    /// Attempts are numbered on from here. Where no two ledgers count from the same number, no message of an old lease is taken for one of a new.
    /// </param>
    public WorkLedger(WorkSettings settings, int first = 0) => (_settings, _first, Attempts) = (settings, first, first);

    public WorkTable Table { get; private init; } = WorkTable.Empty;

    /// <summary>Leases that ended by what others did; their workers are to be told.</summary>
    public ImmutableArray<EndedLease> Ended { get; private init; } = [];

    private WorkPace Pace { get; init; } = new();

    private ImmutableDictionary<string, long> Epochs { get; init; } = ImmutableDictionary.Create<string, long>(StringComparer.Ordinal);

    private StrangeLeases Strangers { get; init; } = new();

    private long Places { get; init; }

    private int Attempts { get; init; }

    /// <summary>Whether a run may still speak under this epoch.</summary>
    public bool Accepts(string runId, long epoch) => epoch >= Epochs.GetValueOrDefault(runId);

    public WorkLedger WithEndedTold() => Ended.IsEmpty ? this : this with { Ended = [] };

    /// <summary>
    /// A run waits for these orders. Under a new epoch it begins anew: what it announced before is forgotten, failures included, except that an
    /// order in work stays for it to join again.
    /// </summary>
    public WorkLedger Announce(string runId, long epoch, ImmutableArray<WorkOrder> orders)
    {
        if (!Accepts(runId, epoch)) return this;
        var ledger = this;
        if (epoch > Epochs.GetValueOrDefault(runId))
        {
            ledger = ItemsOf(runId).Aggregate(this, (l, item) => l.Leave(item, runId, keep: true));
            ledger = ledger with { Epochs = Epochs.SetItem(runId, epoch) };
        }
        return orders.Aggregate(ledger, (l, order) => l.Add(runId, epoch, order));
    }

    /// <summary>A run needs nothing more, nor does what it left in work.</summary>
    public WorkLedger Withdraw(string runId, long epoch) => !Accepts(runId, epoch)
        ? this
        : ItemsOf(runId).Aggregate(this, (l, item) => l.Leave(item, runId, keep: false)) with { Epochs = Epochs.SetItem(runId, epoch) };

    /// <summary>The run has recorded what became of an order.</summary>
    public WorkLedger Recorded(string runId, string workId) =>
        Table.Find(workId) is { } item && item.Runs.ContainsKey(runId) ? Leave(item, runId, keep: false) : this;

    /// <summary>
    /// The next free order for a pool, the runs in turn; or, where none is free, the one that is longest in somebody else's work, if it is overdue.
    /// What the worker failed at goes to others first, for as long as they may be at something else. A worker that asks while it holds a lease gets the same one again.
    /// </summary>
    /// <param name="able">All workers of the pool; null = this one alone.</param>
    public (WorkLedger Ledger, LeaseGranted? Granted) Grant(string worker, WorkPool pool, DateTimeOffset now, IEnumerable<string>? able = null)
    {
        if (Table.HeldBy(worker) is { } held)
        {
            var again = held.LeaseOf(worker)! with { Deadline = now + _settings.Lease };
            return (Put(held.With(again)), Granted(held, again));
        }
        bool Fits(WorkItem item) => !item.FailedBy.Contains(worker) || now - item.FailedAt > OthersFirst(pool.Kind) || item.FailedByAll(able);
        var (table, free) = Table.Turn(pool, Fits);
        if ((free ?? Straggler(pool, now, Fits)) is not { } item) return (this, null);
        var next = this with { Table = table, Attempts = Attempts + 1, Strangers = Strangers.Without(worker) };
        var lease = new Lease(worker, next.Attempts, now, now + _settings.Lease);
        return (next.Put(item.With(lease)), Granted(item, lease));
    }

    /// <summary>
    /// Prolongs a lease. One that a ledger before this one granted, or that ended because its worker was silent, lives again where its order is
    /// outstanding; where it is not known, that may be a matter of time, for as long as runs need to announce.
    /// </summary>
    /// <returns>Whether the worker should go on.</returns>
    public (WorkLedger Ledger, bool Alive) Renew(string worker, string workId, int attempt, DateTimeOffset now)
    {
        var item = Table.Find(workId);
        if (item?.IsHeldBy(worker, attempt) == true) return (Prolong(item, worker, now), true);
        var lapsed = item?.Lapsed.Contains(attempt) == true;
        if (item?.Outcome is not null || (IsOwn(attempt) && !lapsed)) return (this, false);

        // It holds this one, whatever was granted to it since; should that be wrong, its next renewal says so.
        var ledger = Table.HeldBy(worker) is { } other
            ? Put(other.Without(worker) with { Lapsed = other.Lapsed.Add(other.LeaseOf(worker)!.Attempt) })
            : this;
        item = ledger.Table.Find(workId);
        if (item is not { IsOrphan: false }) return ledger.Await(worker, workId, now);
        if (!item.HasRoom) return (ledger, true);
        var adopted = item.With(new Lease(worker, attempt, now, now + _settings.Lease)) with { Lapsed = item.Lapsed.Remove(attempt) };
        return (ledger.Put(adopted) with { Strangers = ledger.Strangers.Without(worker) }, true);
    }

    /// <summary>Takes a result for any order without one: it does not depend on who brings it, nor under which lease.</summary>
    /// <returns>Whether the worker may forget it; not while a run may yet announce the order.</returns>
    public (WorkLedger Ledger, bool Heard) Complete(string worker, int attempt, WorkResult result, DateTimeOffset now)
    {
        var item = Table.Find(result.WorkId);
        if (item is null && IsOwn(attempt)) return (this, true);
        if (item is not { IsOrphan: false })
        {
            var (waiting, wait) = Await(worker, result.WorkId, now);
            return wait || item is null ? (waiting, !wait) : (waiting.Put(item.Without(worker)), true);
        }
        if (item.Outcome is not null) return (this, true);
        var next = item.LeaseOf(worker) is { } lease ? this with { Pace = Pace.Add(item.Order.Kind, now - lease.Since) } : this;
        return (next.Settle(item.Without(worker), new WorkOutcome(result)) with { Strangers = Strangers.Without(worker) }, true);
    }

    /// <summary>Frees the order for another attempt, or gives it up where trying again is of no use. Counts for a live lease only.</summary>
    /// <param name="able">As in <see cref="Grant"/>: a full disk is the trouble of one node, unless it is that of all.</param>
    public WorkLedger Fail(string worker, int attempt, string workId, WorkFailureKind failure, string reason, IEnumerable<string>? able = null, DateTimeOffset now = default)
    {
        if (Table.Find(workId) is not { } item || !item.IsHeldBy(worker, attempt)) return this;
        var failed = item.Without(worker) with
        {
            Failures = item.Failures + (failure == WorkFailureKind.Other ? 1 : 0),
            FailedBy = item.FailedBy.Add(worker),
            FailedAt = now,
        };
        var hopeless = failure switch
        {
            WorkFailureKind.Other => failed.Failures >= _settings.Attempts,
            WorkFailureKind.Disk => failed.Leases.IsEmpty && failed.FailedByAll(able),
            _ => true,
        };
        return hopeless && !item.IsOrphan ? Settle(failed, new WorkOutcome(null, failure, reason)) : Put(failed);
    }

    /// <summary>The worker gives its lease back.</summary>
    public WorkLedger Return(string worker, string workId, int attempt) =>
        Table.Find(workId) is { } item && item.IsHeldBy(worker, attempt) ? Put(item.Without(worker)) : this;

    /// <summary>The worker is gone, and with it what it held.</summary>
    public WorkLedger Lose(string worker)
    {
        var ledger = this with { Strangers = Strangers.Without(worker) };
        return Table.HeldBy(worker) is { } item ? ledger.Lost(item, worker, $"the worker was lost: {worker}") : ledger;
    }

    /// <summary>Ends the leases whose deadline has passed.</summary>
    public WorkLedger Expire(DateTimeOffset now) => Table.Held.Aggregate(this, (ledger, held) =>
    {
        var item = ledger.Table.Items[held.Value];
        var lease = item.LeaseOf(held.Key)!;
        return lease.Deadline > now
            ? ledger
            : ledger.Lost(
                item with { Lapsed = item.Lapsed.Add(lease.Attempt) }, held.Key, $"no sign of life from {held.Key} for {_settings.Lease.TotalSeconds:0} s");
    });

    private bool IsOwn(int attempt) => attempt > _first && attempt <= Attempts;

    private static LeaseGranted Granted(WorkItem item, Lease lease) =>
        new(item.Order, lease.Attempt, lease.Deadline, item.IsOrphan ? 0 : item.Runs.Values.Max());

    /// <summary>Time in which another worker should have done what it is at, and be free.</summary>
    private TimeSpan OthersFirst(WorkKind kind) => Pace.Median(kind) is { } median && median > _settings.Lease ? median : _settings.Lease;

    private WorkItem? Straggler(WorkPool pool, DateTimeOffset now, Func<WorkItem, bool> fits)
    {
        if (_settings.Straggler <= 0 || Pace.Median(pool.Kind) is not { } median) return null;
        var overdue = median * _settings.Straggler;
        if (overdue < _settings.StragglerFloor) overdue = _settings.StragglerFloor;
        return Table.Held.Values.Select(workId => Table.Items[workId])
            .Where(i => WorkPool.Of(i.Order) == pool && !i.IsOrphan && i.HasRoom && now - i.Leases[0].Since > overdue && fits(i))
            .MinBy(i => (i.Leases[0].Since, i.Place));
    }

    private WorkLedger Prolong(WorkItem item, string worker, DateTimeOffset now) =>
        Put(item.With(item.LeaseOf(worker)! with { Deadline = now + _settings.Lease }));

    private (WorkLedger Ledger, bool Wait) Await(string worker, string workId, DateTimeOffset now)
    {
        var strangers = Strangers.With(worker, workId, now);
        return (this with { Strangers = strangers }, now - strangers.Since(worker) <= _settings.Announce);
    }

    private WorkLedger Lost(WorkItem item, string worker, string reason)
    {
        var lost = item.Without(worker) with { Losses = item.Losses + 1 };
        return lost.IsFree && lost.Losses >= _settings.Losses
            ? Settle(lost, new WorkOutcome(null, WorkFailureKind.Other, $"{lost.Losses} workers were lost at it, at last: {reason}"))
            : Put(lost);
    }

    /// <summary>An outcome ends every lease.</summary>
    private WorkLedger Settle(WorkItem item, WorkOutcome outcome) => End(item, item with { Leases = [], Outcome = outcome });

    private WorkLedger Add(string runId, long epoch, WorkOrder order)
    {
        if (Table.Find(order.WorkId) is not { } item)
            return Put(new WorkItem(order, Places, runId, epoch)) with { Places = Places + 1 };
        if (item.Runs.TryGetValue(runId, out var known) && known == epoch) return this;
        return Put(item with { Runs = item.Runs.SetItem(runId, epoch), Queue = item.IsOrphan ? runId : item.Queue });
    }

    /// <param name="keep">Leave what is in work to its workers, for the run may ask for it again.</param>
    private WorkLedger Leave(WorkItem item, string runId, bool keep)
    {
        var left = item with { Runs = item.Runs.Remove(runId) };
        if (!left.IsOrphan) return Put(left.Queue == runId ? left with { Queue = left.Runs.Keys.First() } : left);
        return keep ? Put(left with { Failures = 0, Losses = 0, FailedBy = [] }) : End(left, left with { Leases = [] });
    }

    private IEnumerable<WorkItem> ItemsOf(string runId) =>
        Table.Items.Values.Where(i => i.Runs.ContainsKey(runId) || (i.IsOrphan && i.Queue == runId)).OrderBy(i => i.Place);

    private WorkLedger End(WorkItem item, WorkItem without) => Put(without) with
    {
        Ended = Ended.AddRange(item.Leases.Select(l => new EndedLease(l.Worker, item.Order.WorkId, l.Attempt))),
    };

    private WorkLedger Put(WorkItem item) => this with { Table = Table.Put(item) };
}
