using System.Collections.Immutable;
using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>What workers said of themselves and what they achieved. Who they are decides who else could do an order; the rest is for who looks at them. Pure values.</summary>
internal sealed record WorkerBook
{
    public static readonly WorkerBook Empty = new();

    private WorkerBook()
    {
    }

    private ImmutableSortedDictionary<string, KnownWorker> Workers { get; init; } =
        ImmutableSortedDictionary.Create<string, KnownWorker>(StringComparer.Ordinal);

    public KnownWorker? Find(string worker) => Workers.GetValueOrDefault(worker);

    /// <summary>Those who could do the orders of a pool.</summary>
    public IEnumerable<string> Of(WorkPool pool) => Workers.Where(w => w.Value.Pool == pool).Select(w => w.Key);

    /// <param name="device">null = as known before.</param>
    public WorkerBook Seen(string worker, string address, WorkPool pool, string? device)
    {
        var known = Find(worker) ?? new KnownWorker(address, pool, device);
        return this with { Workers = Workers.SetItem(worker, known with { Pool = pool, Device = device ?? known.Device }) };
    }

    /// <summary>How far it is with an order.</summary>
    public WorkerBook Progressed(string worker, string workId, WorkProgress progress) => Find(worker) is { } known
        ? this with { Workers = Workers.SetItem(worker, known with { WorkId = workId, Progress = progress }) }
        : this;

    public WorkerBook Completed(string worker, Effort effort) => Find(worker) is { } known
        ? this with { Workers = Workers.SetItem(worker, known.After(effort)) }
        : this;

    public WorkerBook Lost(string worker) => this with { Workers = Workers.Remove(worker) };

    public WorkOverview Overview(WorkTable table) => new(
        [.. Workers.Select(w => w.Value.Overview(table.HeldBy(w.Key)))],
        Runs(table),
        [
            .. table.Held.Values.Distinct().Select(workId => table.Items[workId]).SelectMany(i => i.Runs.Keys, (item, run) => (Run: run, Item: item))
                .GroupBy(x => (x.Run, x.Item.Order.Round, x.Item.Order.Kind))
                .OrderBy(g => g.Key.Run, StringComparer.Ordinal).ThenBy(g => g.Key.Round).ThenBy(g => g.Key.Kind)
                .Select(g => InWork(g.Key.Run, g.Key.Round, g.Key.Kind, [.. g.Select(x => x.Item)])),
        ]);

    private static ImmutableArray<RunOverview> Runs(WorkTable table)
    {
        var runs = new SortedDictionary<string, RunOverview>(StringComparer.Ordinal);
        foreach (var (_, item) in table.Items)
        {
            if (item.Outcome is not null || item.IsOrphan) continue;
            if (item.Runs.Count == 1) Count(item.Queue, item); // nearly always, and without an enumerator for each
            else foreach (var run in item.Runs.Keys) Count(run, item);
        }
        return [.. runs.Values];

        void Count(string run, WorkItem item)
        {
            var known = runs.GetValueOrDefault(run) ?? new RunOverview(run, 0, 0);
            runs[run] = new RunOverview(run, known.Outstanding + 1, known.Leased + (item.Leases.IsEmpty ? 0 : 1));
        }
    }

    private InWorkOverview InWork(string runId, int round, WorkKind kind, IReadOnlyCollection<WorkItem> items)
    {
        var furthest = items.Select(Furthest).ToArray();
        return new InWorkOverview(
            runId, round, kind, furthest.Sum(f => f.Done), items.Sum(i => (long)i.Order.Units), furthest.Sum(f => f.Tokens));
    }

    /// <summary>Of the one or two workers of an order, the one who is further, in the order's own units, whatever the engine counts.</summary>
    private (long Done, long Tokens) Furthest(WorkItem item) => item.Leases.Select(l => Find(l.Worker))
        .Where(w => w?.WorkId == item.Order.WorkId && w.Progress is { Total: > 0 }).Select(w => w!.Progress!.Value)
        .Select(p => ((long)((double)item.Order.Units * p.Done / p.Total), p.Tokens)).DefaultIfEmpty().Max();
}

/// <param name="WorkId">What <paramref name="Progress"/> is of.</param>
/// <param name="Tokens">Of completed orders, the older ones fading; so are <paramref name="Seconds"/>.</param>
internal sealed record KnownWorker(
    string Address, WorkPool Pool, string? Device, string? WorkId = null, WorkProgress? Progress = null, int Completed = 0, double Tokens = 0,
    double Seconds = 0)
{
    private const double Fading = 0.7;

    public KnownWorker After(Effort effort) => this with
    {
        WorkId = null,
        Progress = null,
        Completed = Completed + 1,
        Tokens = (Tokens * Fading) + effort.Tokens,
        Seconds = (Seconds * Fading) + effort.Seconds,
    };

    /// <param name="held">The order it does.</param>
    public WorkerOverview Overview(WorkItem? held) => new(
        Address, Pool.Kind, Device, held?.Order.WorkId, held?.Order.RunId, held?.Order.Round, held?.Order.WorkId == WorkId ? Progress : null,
        Tokens > 0 && Seconds > 0 ? Math.Round(Tokens / Seconds, 3) : null, Completed);
}
