using Sera.Actors.Runs;
using Sera.Actors.Work;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>What the ledger does when runs begin anew, withdraw, or speak to a ledger after the one that granted the leases.</summary>
public sealed class WorkLedgerEpochTests
{
    private static readonly WorkSettings Settings = new(
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), 3, TimeSpan.Zero, 4, 2, TimeSpan.FromSeconds(2));

    private static readonly DateTimeOffset T0 = PureWorker.Now;
    private static readonly WorkOrder[] Orders = [.. RunWork.Outstanding(PureWorker.Begin()).Where(o => o.Kind == WorkKind.Score)];
    private static readonly WorkOrder Order = Orders[0];
    private static readonly WorkLedger Announced = new WorkLedger(Settings, 100).Announce("r", 1, [Order]);

    [Fact]
    public void A_lower_epoch_is_refused()
    {
        var held = Announced.Announce("r", 2, [Order]).Grant("a", WorkKind.Score, T0).Ledger;
        Assert.Same(held, held.Announce("r", 1, [.. Orders]));
        Assert.Same(held, held.Withdraw("r", 1));
    }

    [Fact]
    public void Under_a_higher_epoch_what_is_in_work_stays_and_joins_and_the_rest_is_forgotten()
    {
        var held = Announced.Announce("r", 1, [.. Orders]).Grant("a", WorkKind.Score, T0).Ledger;
        var anew = held.Announce("r", 2, []);
        Assert.True(Assert.Single(anew.Table.Items.Values).IsOrphan);
        Assert.Empty(anew.Ended);
        Assert.True(anew.Renew("a", Order.WorkId, 101, T0).Alive);
        var joined = anew.Announce("r", 2, [Order]);
        Assert.Equal(2, Assert.Single(joined.Table.Items.Values).Runs["r"]);
        Assert.Null(joined.Grant("b", WorkKind.Score, T0).Granted);
        Assert.NotNull(joined.Complete("a", 101, PureWorker.Do(Order), T0).Ledger.Table.Find(Order.WorkId)!.Outcome);
    }

    [Fact]
    public void An_orphan_goes_with_its_lease()
    {
        var orphan = Announced.Grant("a", WorkKind.Score, T0).Ledger.Announce("r", 2, []);
        Assert.Empty(orphan.Lose("a").Table.Items);
        Assert.Empty(orphan.Expire(T0 + Settings.Lease).Table.Items);
        Assert.Empty(orphan.Return("a", Order.WorkId, 101).Table.Items);
        Assert.Empty(orphan.Fail("a", 101, Order.WorkId, WorkFailureKind.Damaged, "why").Table.Items);
        Assert.Equal(101, orphan.Grant("a", WorkKind.Score, T0).Granted!.Attempt); // whose grant was lost
    }

    [Fact]
    public void The_result_of_an_orphan_waits_for_the_run_as_long_as_runs_need_to_announce()
    {
        var orphan = Announced.Grant("a", WorkKind.Score, T0).Ledger.Announce("r", 2, []);
        var (waiting, heard) = orphan.Complete("a", 101, PureWorker.Do(Order), T0);
        Assert.False(heard);
        var joined = waiting.Announce("r", 2, [Order]).Complete("a", 101, PureWorker.Do(Order), T0);
        Assert.True(joined.Heard);
        Assert.NotNull(joined.Ledger.Table.Find(Order.WorkId)!.Outcome);
        var (gone, late) = waiting.Complete("a", 101, PureWorker.Do(Order), T0 + Settings.Announce + TimeSpan.FromSeconds(1));
        Assert.True(late);
        Assert.Empty(gone.Table.Items);
    }

    [Fact]
    public void Withdrawn_orders_go_and_their_leases_end_unless_another_run_waits()
    {
        var held = Announced.Grant("a", WorkKind.Score, T0).Ledger;
        var withdrawn = held.Withdraw("r", 1);
        Assert.Empty(withdrawn.Table.Items);
        Assert.Equal(new EndedLease("a", Order.WorkId, 101), Assert.Single(withdrawn.Ended));
        Assert.False(withdrawn.Renew("a", Order.WorkId, 101, T0).Alive);
        Assert.Empty(held.Announce("s", 1, [Order]).Withdraw("r", 1).Ended);
        Assert.NotEmpty(held.Announce("r", 2, []).Withdraw("r", 2).Ended); // also of what it left in work
    }

    [Fact]
    public void A_lease_of_a_ledger_that_is_no_more_lives_on_where_its_order_is_outstanding()
    {
        var (adopted, alive) = Announced.Renew("a", Order.WorkId, 7, T0);
        Assert.True(alive);
        Assert.Null(adopted.Grant("b", WorkKind.Score, T0).Granted);
        Assert.Equal(7, adopted.Grant("a", WorkKind.Score, T0).Granted!.Attempt);
        Assert.Equal(1, adopted.Fail("a", 7, Order.WorkId, WorkFailureKind.Other, "x").Table.Find(Order.WorkId)!.Failures);
    }

    [Fact]
    public void A_lease_of_an_order_that_no_run_announces_ends_after_an_interval()
    {
        var empty = new WorkLedger(Settings, 100);
        var (heard, alive) = empty.Renew("a", Order.WorkId, 7, T0);
        Assert.True(alive);
        Assert.True(heard.Renew("a", Order.WorkId, 7, T0 + Settings.Announce).Alive);
        Assert.False(heard.Renew("a", Order.WorkId, 7, T0 + Settings.Announce + TimeSpan.FromTicks(1)).Alive);
        Assert.True(heard.Announce("r", 1, [Order]).Renew("a", Order.WorkId, 7, T0 + Settings.Announce * 2).Alive);
    }

    [Fact]
    public void A_result_for_an_order_that_no_run_announced_yet_is_not_acknowledged()
    {
        var (heard, acknowledged) = new WorkLedger(Settings, 100).Complete("a", 7, PureWorker.Do(Order), T0);
        Assert.False(acknowledged);
        Assert.True(heard.Complete("a", 7, PureWorker.Do(Order), T0 + Settings.Announce + TimeSpan.FromTicks(1)).Heard);
        var (done, counted) = heard.Announce("r", 1, [Order]).Complete("a", 7, PureWorker.Do(Order), T0);
        Assert.True(counted);
        Assert.NotNull(done.Table.Find(Order.WorkId)!.Outcome);
    }

    [Fact]
    public void A_worker_that_renews_an_old_lease_holds_that_one_and_not_what_was_granted_to_it_since()
    {
        var ledger = Announced.Announce("r", 1, [.. Orders]);
        var (held, granted) = ledger.Grant("a", WorkKind.Score, T0);
        var adopted = held.Renew("a", Orders[1].WorkId, 7, T0).Ledger;
        Assert.Equal(Orders[1].WorkId, adopted.Table.Held["a"]);
        Assert.Equal(granted!.Order.WorkId, adopted.Grant("b", WorkKind.Score, T0).Granted!.Order.WorkId);
        var same = held.Renew("a", Order.WorkId, 7, T0).Ledger;
        Assert.Equal(7, Assert.Single(same.Table.Find(Order.WorkId)!.Leases).Attempt);
    }

    [Fact]
    public void Where_two_hold_an_order_a_third_goes_on_without_a_lease()
    {
        var two = Announced.Renew("a", Order.WorkId, 7, T0).Ledger.Renew("b", Order.WorkId, 8, T0).Ledger;
        var (same, alive) = two.Renew("c", Order.WorkId, 9, T0);
        Assert.True(alive);
        Assert.Equal(2, same.Table.Find(Order.WorkId)!.Leases.Length);
        Assert.NotNull(same.Complete("c", 9, PureWorker.Do(Order), T0).Ledger.Table.Find(Order.WorkId)!.Outcome);
    }
}
