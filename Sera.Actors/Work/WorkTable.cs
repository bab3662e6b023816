using System.Collections.Immutable;

namespace Sera.Actors.Work;

/// <summary>Work items, and whatever is looked up about them without going through all of them. Pure values.</summary>
internal sealed record WorkTable
{
    public static readonly WorkTable Empty = new();

    private WorkTable()
    {
    }

    /// <summary>By work id.</summary>
    public ImmutableDictionary<string, WorkItem> Items { get; private init; } = ImmutableDictionary.Create<string, WorkItem>(StringComparer.Ordinal);

    /// <summary>Work ids by the worker that holds a lease of it.</summary>
    public ImmutableSortedDictionary<string, string> Held { get; private init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Work ids with an outcome, by place.</summary>
    public ImmutableSortedDictionary<long, string> Settled { get; private init; } = ImmutableSortedDictionary<long, string>.Empty;

    private ImmutableDictionary<WorkPool, FreeOrders> Free { get; init; } = ImmutableDictionary<WorkPool, FreeOrders>.Empty;

    public WorkItem? Find(string workId) => Items.GetValueOrDefault(workId);

    public WorkItem? HeldBy(string worker) => Held.TryGetValue(worker, out var workId) ? Items[workId] : null;

    public bool HasFree(WorkPool pool) => Free.TryGetValue(pool, out var free) && !free.IsEmpty;

    /// <summary>The next free item for a pool that fits, whose run has had its turn.</summary>
    public (WorkTable Table, WorkItem? Item) Turn(WorkPool pool, Func<WorkItem, bool> fits)
    {
        if (!Free.TryGetValue(pool, out var free)) return (this, null);
        var (next, workId) = free.Turn(id => fits(Items[id]));
        return workId is null ? (this, null) : (this with { Free = Free.SetItem(pool, next) }, Items[workId]);
    }

    /// <summary>In place of what was known of the order. One that no run waits for and no worker holds goes.</summary>
    public WorkTable Put(WorkItem item)
    {
        var before = Find(item.Order.WorkId);
        var after = item.IsOrphan && item.Leases.IsEmpty ? null : item;
        return this with
        {
            Items = after is null ? Items.Remove(item.Order.WorkId) : Items.SetItem(item.Order.WorkId, after),
            Held = Holding(before, after),
            Settled = Settling(before, after),
            Free = Freeing(before, after),
        };
    }

    private ImmutableSortedDictionary<string, string> Holding(WorkItem? before, WorkItem? after)
    {
        var held = Held;
        foreach (var lease in before?.Leases ?? [])
        {
            if (after?.LeaseOf(lease.Worker) is null) held = held.Remove(lease.Worker);
        }
        foreach (var lease in after?.Leases ?? [])
        {
            if (before?.LeaseOf(lease.Worker) is null) held = held.Add(lease.Worker, after!.Order.WorkId);
        }
        return held;
    }

    private ImmutableSortedDictionary<long, string> Settling(WorkItem? before, WorkItem? after) => (before?.Outcome, after?.Outcome) switch
    {
        (null, not null) => Settled.Add(after.Place, after.Order.WorkId),
        (not null, null) => Settled.Remove(before.Place),
        _ => Settled,
    };

    private ImmutableDictionary<WorkPool, FreeOrders> Freeing(WorkItem? before, WorkItem? after)
    {
        var (was, now) = (before is { IsFree: true } ? before : null, after is { IsFree: true } ? after : null);
        if (was?.Queue == now?.Queue || (was ?? now) is not { } either) return Free;
        var pool = WorkPool.Of(either.Order);
        var free = Free.GetValueOrDefault(pool, FreeOrders.None);
        if (was is not null) free = free.Remove(was.Queue, was.Place);
        if (now is not null) free = free.Add(now.Queue, now.Place, now.Order.WorkId);
        return Free.SetItem(pool, free);
    }
}
