using System.Collections.Immutable;

namespace Sera.Actors.Work;

/// <summary>
/// Who does what, as pure values: no clock, no actors. An order has at most one live lease; a lease ends by its result, its failure, its deadline or
/// its worker's death, and the order is then free again, until it has failed too often. Nothing here is durable: runs announce again what they need.
/// </summary>
internal sealed record WorkLedger
{
    /// <param name="term">How long a lease lives without renewal.</param>
    /// <param name="attempts">Failures after which an order is given up.</param>
    public WorkLedger(TimeSpan term, int attempts) => (Term, Attempts) = (term, attempts);

    public TimeSpan Term { get; }

    public int Attempts { get; }

    /// <summary>By order of announcement, which is the order of granting.</summary>
    public ImmutableSortedDictionary<long, WorkItem> Items { get; private init; } = ImmutableSortedDictionary<long, WorkItem>.Empty;

    private ImmutableDictionary<string, long> Places { get; init; } = ImmutableDictionary<string, long>.Empty;

    private ImmutableDictionary<string, long> Epochs { get; init; } = ImmutableDictionary<string, long>.Empty;

    private long Next { get; init; }

    /// <summary>A run waits for these orders. Under a new epoch it begins anew: what it announced before is forgotten, failures included.</summary>
    public WorkLedger Announce(string runId, long epoch, ImmutableArray<WorkOrder> orders)
    {
        var known = Epochs.GetValueOrDefault(runId);
        if (epoch < known) return this;
        var ledger = epoch > known ? Forget(runId) with { Epochs = Epochs.SetItem(runId, epoch) } : this;
        return orders.Aggregate(ledger, (l, order) => l.Add(runId, epoch, order));
    }

    /// <summary>A run needs nothing more.</summary>
    public WorkLedger Withdraw(string runId, long epoch) => epoch < Epochs.GetValueOrDefault(runId) ? this : Forget(runId);

    /// <summary>The run has recorded what became of an order.</summary>
    public WorkLedger Recorded(string runId, string workId) => Find(workId) is { } item ? Leave(item, runId) : this;

    /// <summary>The next free order of a kind. A worker that asks while it holds a lease gets the same one again.</summary>
    public (WorkLedger Ledger, LeaseGranted? Granted) Grant(string worker, WorkKind kind, DateTimeOffset now)
    {
        var item = Items.Values.FirstOrDefault(i => i.Lease?.Worker == worker) ?? Items.Values.FirstOrDefault(i => i.IsFree && i.Order.Kind == kind);
        if (item is null) return (this, null);
        var lease = item.Lease is { } held ? held with { Deadline = now + Term } : new Lease(worker, item.Attempts + 1, now + Term);
        var granted = new LeaseGranted(item.Order, lease.Attempt, lease.Deadline, item.Runs.Values.Max());
        return (Put(item with { Lease = lease, Attempts = lease.Attempt }), granted);
    }

    /// <returns>Whether the lease still lives, and does so for another term.</returns>
    public (WorkLedger Ledger, bool Alive) Renew(string worker, string workId, int attempt, DateTimeOffset now) =>
        Find(workId) is { } item && item.IsHeldBy(worker, attempt)
            ? (Put(item with { Lease = item.Lease! with { Deadline = now + Term } }), true)
            : (this, false);

    /// <summary>Takes a result; one of a lease that lives no more is ignored.</summary>
    public WorkLedger Complete(string worker, int attempt, WorkResult result) =>
        Find(result.WorkId) is { } item && item.IsHeldBy(worker, attempt)
            ? Put(item with { Lease = null, Outcome = new WorkOutcome(result) })
            : this;

    /// <summary>Frees the order for another attempt, or gives it up where trying again is of no use.</summary>
    public WorkLedger Fail(string worker, int attempt, string workId, WorkFailureKind failure, string reason) =>
        Find(workId) is { } item && item.IsHeldBy(worker, attempt) ? Put(Failed(item, failure, reason)) : this;

    /// <summary>The worker is gone, and with it what it held.</summary>
    public WorkLedger Lose(string worker) => Items.Values.Where(i => i.Lease?.Worker == worker)
        .Aggregate(this, (l, item) => l.Put(l.Failed(item, WorkFailureKind.Other, $"the worker was lost: {worker}")));

    /// <summary>Ends the leases whose deadline has passed.</summary>
    public WorkLedger Expire(DateTimeOffset now) => Items.Values.Where(i => i.Lease is { } lease && lease.Deadline <= now)
        .Aggregate(this, (l, item) => l.Put(l.Failed(item, WorkFailureKind.Other, $"no sign of life from {item.Lease!.Worker} for {Term.TotalSeconds:0} s")));

    private WorkItem Failed(WorkItem item, WorkFailureKind failure, string reason)
    {
        var failures = item.Failures + 1;
        var outcome = failure != WorkFailureKind.Other || failures >= Attempts ? new WorkOutcome(null, failure, reason) : null;
        return item with { Lease = null, Failures = failures, Outcome = outcome };
    }

    private WorkLedger Add(string runId, long epoch, WorkOrder order)
    {
        if (Find(order.WorkId) is { } item) return Put(item with { Runs = item.Runs.SetItem(runId, epoch) });
        var runs = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal).Add(runId, epoch);
        return this with
        {
            Items = Items.Add(Next, new WorkItem(order, runs)),
            Places = Places.Add(order.WorkId, Next),
            Next = Next + 1,
        };
    }

    private WorkLedger Forget(string runId) => Items.Values.Where(i => i.Runs.ContainsKey(runId)).Aggregate(this, (l, item) => l.Leave(item, runId));

    private WorkLedger Leave(WorkItem item, string runId)
    {
        var runs = item.Runs.Remove(runId);
        if (!runs.IsEmpty) return Put(item with { Runs = runs });
        return this with { Items = Items.Remove(Places[item.Order.WorkId]), Places = Places.Remove(item.Order.WorkId) };
    }

    private WorkItem? Find(string workId) => Places.TryGetValue(workId, out var place) ? Items[place] : null;

    private WorkLedger Put(WorkItem item) => this with { Items = Items.SetItem(Places[item.Order.WorkId], item) };
}
