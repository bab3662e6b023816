using CsCheck;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class WorkLedgerTests
{
    private static readonly TimeSpan Term = TimeSpan.FromSeconds(10);
    private static readonly DateTimeOffset T0 = PureWorker.Now;
    private static readonly System.Collections.Immutable.ImmutableArray<WorkOrder> Orders = RunWork.Outstanding(PureWorker.Begin());
    private static readonly WorkOrder Order = Orders.First(o => o.Kind == WorkKind.Score);
    private static readonly WorkLedger Announced = new WorkLedger(Term, 3).Announce("r", 1, [Order]);

    [Fact]
    public void An_order_is_granted_once_and_to_its_kind_only()
    {
        Assert.Null(Announced.Grant("a", WorkKind.Train, T0).Granted);
        var (held, granted) = Announced.Grant("a", WorkKind.Score, T0);
        Assert.Equal((1, T0 + Term, 1L), (granted!.Attempt, granted.Deadline, granted.Epoch));
        Assert.Null(held.Grant("b", WorkKind.Score, T0).Granted);
    }

    [Fact]
    public void A_worker_that_asks_again_gets_the_lease_it_holds()
    {
        var (held, _) = Announced.Grant("a", WorkKind.Score, T0);
        var (_, again) = held.Grant("a", WorkKind.Score, T0 + TimeSpan.FromSeconds(1));
        Assert.Equal((Order.WorkId, 1), (again!.Order.WorkId, again.Attempt));
    }

    [Fact]
    public void An_expired_lease_is_given_again_and_its_late_result_is_ignored()
    {
        var (held, _) = Announced.Grant("a", WorkKind.Score, T0);
        var (renewed, alive) = held.Renew("a", Order.WorkId, 1, T0 + TimeSpan.FromSeconds(9));
        Assert.True(alive);
        Assert.Null(renewed.Expire(T0 + TimeSpan.FromSeconds(18)).Grant("b", WorkKind.Score, T0).Granted);
        var (second, granted) = renewed.Expire(T0 + TimeSpan.FromSeconds(19)).Grant("b", WorkKind.Score, T0 + TimeSpan.FromSeconds(19));
        Assert.Equal(2, granted!.Attempt);
        Assert.False(second.Renew("a", Order.WorkId, 1, T0).Alive);
        Assert.Same(second, second.Complete("a", 1, PureWorker.Do(Order)));
        Assert.NotNull(Assert.Single(second.Complete("b", 2, PureWorker.Do(Order)).Items.Values).Outcome!.Result);
    }

    [Fact]
    public void After_three_failures_an_order_is_given_up_with_the_last_cause()
    {
        var ledger = Announced;
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            (ledger, var granted) = ledger.Grant("a", WorkKind.Score, T0);
            ledger = ledger.Fail("a", granted!.Attempt, Order.WorkId, WorkFailureKind.Other, $"cause {attempt}");
        }
        Assert.Equal(new WorkOutcome(null, WorkFailureKind.Other, "cause 3"), Assert.Single(ledger.Items.Values).Outcome);
        Assert.Null(ledger.Grant("b", WorkKind.Score, T0).Granted);
    }

    [Theory]
    [InlineData(WorkFailureKind.Input)]
    [InlineData(WorkFailureKind.Damaged)]
    [InlineData(WorkFailureKind.NonFinite)]
    [InlineData(WorkFailureKind.Disk)]
    public void What_trying_again_cannot_mend_is_given_up_at_once(WorkFailureKind failure)
    {
        var (held, _) = Announced.Grant("a", WorkKind.Score, T0);
        Assert.Equal(failure, Assert.Single(held.Fail("a", 1, Order.WorkId, failure, "why").Items.Values).Outcome!.Failure);
    }

    [Fact]
    public void What_a_dead_worker_held_is_free_again()
    {
        var (held, _) = Announced.Grant("a", WorkKind.Score, T0);
        Assert.Equal(2, held.Lose("a").Grant("b", WorkKind.Score, T0).Granted!.Attempt);
    }

    [Fact]
    public void A_lower_epoch_is_refused_and_a_higher_one_begins_anew()
    {
        var (held, _) = Announced.Grant("a", WorkKind.Score, T0);
        Assert.Same(held, held.Announce("r", 0, Orders));
        var anew = held.Announce("r", 2, [Order]);
        Assert.Equal(2, anew.Grant("b", WorkKind.Score, T0).Granted!.Epoch);
        Assert.False(anew.Renew("a", Order.WorkId, 1, T0).Alive);
    }

    [Fact]
    public void Two_runs_share_an_order_until_both_have_recorded_it()
    {
        var (held, _) = Announced.Announce("s", 5, [Order]).Grant("a", WorkKind.Score, T0);
        var done = held.Complete("a", 1, PureWorker.Do(Order));
        Assert.Equal(["r", "s"], Assert.Single(done.Items.Values).Runs.Keys);
        Assert.Equal(["s"], Assert.Single(done.Recorded("r", Order.WorkId).Items.Values).Runs.Keys);
        Assert.Empty(done.Recorded("r", Order.WorkId).Recorded("s", Order.WorkId).Items);
    }

    [Fact]
    public void Whatever_happens_no_order_has_two_live_leases_and_no_worker_holds_two()
    {
        var step = Gen.Select(Gen.Int[0, 7], Gen.Int[0, 3], Gen.Int[0, Orders.Length - 1], Gen.Int[0, 6]);
        step.List[1, 80].Sample(steps =>
        {
            var ledger = new WorkLedger(Term, 3);
            var live = new Dictionary<string, (string Worker, int Attempt)>();
            var now = T0;
            foreach (var (action, worker, index, seconds) in steps)
            {
                var (name, order) = ($"w{worker}", Orders[index]);
                now += TimeSpan.FromSeconds(seconds);
                var held = live.FirstOrDefault(l => l.Value.Worker == name);
                switch (action)
                {
                    case 0:
                        ledger = ledger.Announce("r", 1, [order]);
                        break;
                    case 1 or 2:
                        (ledger, var granted) = ledger.Grant(name, order.Kind, now);
                        if (granted is null) break;
                        if (held.Key is not null) Assert.Equal((held.Key, held.Value.Attempt), (granted.Order.WorkId, granted.Attempt));
                        else Assert.True(live.TryAdd(granted.Order.WorkId, (name, granted.Attempt)), "granted while another lease lives");
                        break;
                    case 3 when held.Key is not null:
                        (ledger, var alive) = ledger.Renew(name, held.Key, held.Value.Attempt, now);
                        Assert.True(alive);
                        break;
                    case 4 when held.Key is not null:
                        ledger = ledger.Complete(name, held.Value.Attempt, PureWorker.Do(Orders.First(o => o.WorkId == held.Key)));
                        live.Remove(held.Key);
                        break;
                    case 5 when held.Key is not null:
                        ledger = ledger.Fail(name, held.Value.Attempt, held.Key, WorkFailureKind.Other, "x");
                        live.Remove(held.Key);
                        break;
                    case 6:
                        ledger = ledger.Lose(name);
                        if (held.Key is not null) live.Remove(held.Key);
                        break;
                    case 7:
                        ledger = ledger.Expire(now);
                        break;
                }
                var leases = ledger.Items.Values.Where(i => i.Lease is not null).ToDictionary(i => i.Order.WorkId, i => (i.Lease!.Worker, i.Lease.Attempt));
                foreach (var gone in live.Keys.Except(leases.Keys).ToArray())
                {
                    live.Remove(gone); // expired
                }
                Assert.Equal(leases.Count, leases.Values.Select(l => l.Worker).Distinct().Count());
                Assert.All(live, l => Assert.Equal(l.Value, leases[l.Key]));
            }
        }, iter: 300);
    }
}
