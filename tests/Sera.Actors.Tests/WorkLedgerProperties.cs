using System.Collections.Immutable;
using CsCheck;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class WorkLedgerProperties
{
    private static readonly WorkSettings Settings = new(
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), 3, TimeSpan.Zero, 4, 2, TimeSpan.FromSeconds(2));

    private static readonly ImmutableArray<WorkOrder> Orders = RunWork.Outstanding(PureWorker.Begin());
    private static readonly WorkOrder Score = Orders.First(o => o.Kind == WorkKind.Score);

    private static readonly Gen<(int Action, int Worker, int Order, int Run, int Seconds)[]> Steps =
        Gen.Select(Gen.Int[0, 11], Gen.Int[0, 4], Gen.Int[0, Orders.Length - 1], Gen.Int[0, 1], Gen.Int[0, 6]).Array[1, 120];

    [Fact]
    public void Whatever_happens_an_order_has_at_most_two_leases_of_different_workers_and_a_worker_at_most_one() => Steps.Sample(steps =>
    {
        var history = new History();
        foreach (var step in steps)
        {
            history.Take(step);
            var items = history.Ledger.Table.Items.Values.ToArray();
            Assert.All(items, i =>
            {
                Assert.InRange(i.Leases.Length, 0, i.Outcome is null ? 2 : 0);
                Assert.False(i.IsOrphan && i.Leases.IsEmpty);
            });
            var leases = items.SelectMany(i => i.Leases, (i, l) => (l.Worker, i.Order.WorkId)).ToArray();
            Assert.Equal(leases.Length, leases.Select(l => l.Worker).Distinct().Count());
            Assert.Equal(leases.OrderBy(l => l.Worker, StringComparer.Ordinal), history.Ledger.Table.Held.Select(h => (h.Key, h.Value)));
            Assert.Equal(
                items.Where(i => i.Outcome is not null).OrderBy(i => i.Place).Select(i => i.Order.WorkId), history.Ledger.Table.Settled.Values);
            Assert.All(Enum.GetValues<WorkKind>(), kind => Assert.Equal(
                items.Any(i => i.IsFree && i.Order.Kind == kind), history.Ledger.Table.Turn(kind, _ => true).Item is { IsFree: true }));
        }
    }, iter: 500);

    [Fact]
    public void Every_announced_order_ends_recorded_or_given_up() => Steps.Sample(steps =>
    {
        var history = new History();
        foreach (var step in steps)
        {
            history.Take(step);
        }
        var (ledger, now) = (history.Ledger.Lose("w0").Lose("w1"), history.Now + TimeSpan.FromDays(1));
        ledger = ledger.Expire(now).Announce("run0", 1000, Orders);
        foreach (var kind in Enum.GetValues<WorkKind>())
        {
            while (ledger.Grant("last", kind, now) is (var next, { } granted))
            {
                ledger = next.Complete("last", granted.Attempt, PureWorker.Do(granted.Order), now).Ledger;
            }
        }
        Assert.All(Orders, o => Assert.NotNull(ledger.Table.Find(o.WorkId)!.Outcome));
        foreach (var (run, order) in new[] { "run0", "run1" }.SelectMany(_ => Orders, (run, order) => (run, order)))
        {
            ledger = ledger.Recorded(run, order.WorkId);
        }
        Assert.Empty(ledger.Table.Items);
        Assert.Empty(ledger.Table.Settled);
        Assert.Empty(ledger.Table.Held);
    }, iter: 300);

    [Fact]
    public void Of_two_runs_with_free_orders_none_gets_more_than_one_order_ahead() =>
        Gen.Int[1, 12].Array[2, 6].Sample(counts =>
        {
            var ledger = counts.Select((count, run) => (Run: $"run{run}", Count: count)).Aggregate(new WorkLedger(Settings), (l, r) => l.Announce(
                r.Run, 1, [.. Enumerable.Range(0, r.Count).Select(i => Score with { WorkId = $"{r.Run}-{i}", RunId = r.Run })]));
            var (granted, left) = (new int[counts.Length], counts.ToArray());
            for (var worker = 0; ledger.Grant($"w{worker}", WorkKind.Score, PureWorker.Now) is (var next, { } lease); worker++)
            {
                ledger = next;
                var run = int.Parse(lease.Order.RunId[3..], System.Globalization.CultureInfo.InvariantCulture);
                (granted[run], left[run]) = (granted[run] + 1, left[run] - 1);
                var waiting = Enumerable.Range(0, counts.Length).Where(r => left[r] > 0).Select(r => granted[r]).ToArray();
                if (waiting.Length > 0) Assert.InRange(waiting.Max() - waiting.Min(), 0, 1);
            }
            Assert.All(left, l => Assert.Equal(0, l));
        });

    /// <summary>What workers and runs may do, in any order; workers also speak of leases they do not hold, and of those of an older ledger.</summary>
    private sealed class History
    {
        private readonly long[] _epochs = [1, 1];

        public WorkLedger Ledger { get; private set; } = new(Settings, 1000);

        public DateTimeOffset Now { get; private set; } = PureWorker.Now;

        public void Take((int Action, int Worker, int Order, int Run, int Seconds) step)
        {
            var (worker, order, run) = ($"w{step.Worker}", Orders[step.Order], $"run{step.Run}");
            var held = Ledger.Table.HeldBy(worker);
            var attempt = held?.LeaseOf(worker)!.Attempt ?? step.Seconds;
            var workId = (held?.Order ?? order).WorkId;
            Now += TimeSpan.FromSeconds(step.Seconds);
            Ledger = step.Action switch
            {
                0 => Ledger.Announce(run, _epochs[step.Run], [order]),
                1 or 2 => Ledger.Grant(worker, order.Kind, Now).Ledger,
                3 => Ledger.Renew(worker, workId, attempt, Now).Ledger,
                4 => Ledger.Renew(worker, order.WorkId, step.Seconds, Now).Ledger,
                5 => Ledger.Complete(worker, attempt, PureWorker.Do(Orders.First(o => o.WorkId == workId)), Now).Ledger,
                6 => Ledger.Fail(worker, attempt, workId, WorkFailureKind.Other, "x"),
                7 => Ledger.Lose(worker),
                8 => Ledger.Return(worker, workId, attempt),
                9 => Ledger.Expire(Now),
                10 => step.Seconds > 4 ? Ledger.Withdraw(run, _epochs[step.Run]) : Ledger.Announce(run, ++_epochs[step.Run], [order]),
                _ => Ledger.Recorded(run, Ledger.Table.Settled.Values.FirstOrDefault(order.WorkId)),
            };
        }
    }
}
