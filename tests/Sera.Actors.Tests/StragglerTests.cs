using System.Collections.Immutable;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>An order whose worker is slow is given to a second one.</summary>
public sealed class StragglerTests
{
    private static readonly WorkSettings Settings = new(
        TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), 3, TimeSpan.Zero, 20, 2, TimeSpan.FromSeconds(2));

    private static readonly DateTimeOffset T0 = PureWorker.Now;
    private static readonly WorkOrder Order = RunWork.Outstanding(PureWorker.Begin()).First(o => o.Kind == WorkKind.Score);

    [Fact]
    public void A_second_lease_comes_when_the_first_is_older_than_two_medians()
    {
        var ledger = Paced(Settings, 3, 5, 4); // median 4 s
        Assert.Null(ledger.Grant("b", WorkKind.Score, T0 + TimeSpan.FromSeconds(8)).Granted);
        var (two, granted) = ledger.Grant("b", WorkKind.Score, T0 + TimeSpan.FromSeconds(8.1));
        Assert.Equal("slow", granted!.Order.WorkId);
        Assert.Equal(2, two.Table.Find("slow")!.Leases.Length);
        Assert.Null(two.Grant("c", WorkKind.Score, T0 + TimeSpan.FromSeconds(90)).Granted);
        Assert.Null(ledger.Grant("b", WorkKind.Train, T0 + TimeSpan.FromSeconds(90)).Granted);
        Assert.True(two.Renew("a", "slow", ledger.Table.Find("slow")!.Leases[0].Attempt, T0 + TimeSpan.FromSeconds(9)).Alive);
    }

    [Fact]
    public void The_first_result_wins_and_the_other_lease_ends()
    {
        var two = Paced(Settings, 3, 3, 3).Grant("b", WorkKind.Score, T0 + TimeSpan.FromSeconds(9)).Ledger;
        var leases = two.Table.Find("slow")!.Leases;
        var done = two.Complete("b", leases[1].Attempt, PureWorker.Do(Order) with { WorkId = "slow" }, T0 + TimeSpan.FromSeconds(10)).Ledger;
        Assert.Equal(new EndedLease("a", "slow", leases[0].Attempt), Assert.Single(done.Ended));
        Assert.False(done.Renew("a", "slow", leases[0].Attempt, T0 + TimeSpan.FromSeconds(11)).Alive);
    }

    [Fact]
    public void One_of_two_that_is_lost_leaves_the_order_to_the_other()
    {
        var two = Paced(Settings with { Losses = 1 }, 3, 3, 3).Grant("b", WorkKind.Score, T0 + TimeSpan.FromSeconds(9)).Ledger;
        var one = two.Lose("a").Table.Find("slow")!;
        Assert.Null(one.Outcome);
        Assert.Equal("b", Assert.Single(one.Leases).Worker);
    }

    [Fact]
    public void No_lease_is_doubled_below_the_floor_before_three_are_done_or_where_it_is_switched_off()
    {
        Assert.Null(Paced(Settings, 0, 0, 0).Grant("b", WorkKind.Score, T0 + TimeSpan.FromSeconds(2)).Granted);
        Assert.NotNull(Paced(Settings, 0, 0, 0).Grant("b", WorkKind.Score, T0 + TimeSpan.FromSeconds(2.1)).Granted);
        Assert.Null(Paced(Settings, 1, 1).Grant("b", WorkKind.Score, T0 + TimeSpan.FromSeconds(90)).Granted);
        Assert.Null(Paced(Settings with { Straggler = 0 }, 1, 1, 1).Grant("b", WorkKind.Score, T0 + TimeSpan.FromSeconds(90)).Granted);
    }

    [Fact]
    public void Free_orders_come_first_and_then_the_one_that_is_longest_in_work()
    {
        var ledger = Paced(Settings, 1, 1, 1).Announce("r", 1, Named("later", "free"));
        ledger = ledger.Grant("l", WorkKind.Score, T0 + TimeSpan.FromSeconds(1)).Ledger;
        var granted = new List<string>();
        foreach (var worker in new[] { "x", "y", "z" })
        {
            (ledger, var lease) = ledger.Grant(worker, WorkKind.Score, T0 + TimeSpan.FromSeconds(20));
            granted.Add(lease!.Order.WorkId);
        }
        Assert.Equal(["free", "slow", "later"], granted);
    }

    /// <summary>Orders that took so many seconds, and worker a with one since <see cref="T0"/>.</summary>
    private static WorkLedger Paced(WorkSettings settings, params int[] seconds)
    {
        var ledger = new WorkLedger(settings).Announce("r", 1, Named([.. seconds.Select((_, i) => $"done-{i}"), "slow"]));
        foreach (var taken in seconds)
        {
            (ledger, var lease) = ledger.Grant("q", WorkKind.Score, T0 - TimeSpan.FromSeconds(taken));
            ledger = ledger.Complete("q", lease!.Attempt, PureWorker.Do(Order) with { WorkId = lease.Order.WorkId }, T0).Ledger;
        }
        return ledger.Grant("a", WorkKind.Score, T0).Ledger;
    }

    private static ImmutableArray<WorkOrder> Named(params string[] names) => [.. names.Select(n => Order with { WorkId = n })];
}
