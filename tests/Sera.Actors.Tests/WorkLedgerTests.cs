using System.Collections.Immutable;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class WorkLedgerTests
{
    private const string Me = "a";
    private const string Other = "b";
    private static readonly WorkSettings Settings = new(
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), 3, TimeSpan.Zero, 4, 2, TimeSpan.FromSeconds(2));

    private static readonly DateTimeOffset T0 = PureWorker.Now;
    private static readonly WorkOrder Order = RunWork.Outstanding(PureWorker.Begin()).First(o => o.Kind == WorkKind.Score);
    private static readonly WorkLedger Announced = new WorkLedger(Settings).Announce("r", 1, [Order]);

    [Fact]
    public void An_order_is_granted_once_and_to_its_kind_only()
    {
        Assert.Null(Announced.Grant(Me, WorkKind.Train, T0).Granted);
        var (held, granted) = Announced.Grant(Me, WorkKind.Score, T0);
        Assert.Equal((1, T0 + Settings.Lease, 1L), (granted!.Attempt, granted.Deadline, granted.Epoch));
        Assert.Null(held.Grant(Other, WorkKind.Score, T0).Granted);
    }

    [Fact]
    public void A_worker_that_asks_again_gets_the_lease_it_holds()
    {
        var (_, again) = Held().Grant(Me, WorkKind.Score, T0 + TimeSpan.FromSeconds(1));
        Assert.Equal((Order.WorkId, 1), (again!.Order.WorkId, again.Attempt));
    }

    [Fact]
    public void A_lease_lives_a_term_from_its_last_renewal_and_then_the_order_is_free()
    {
        var (renewed, alive) = Held().Renew(Me, Order.WorkId, 1, At(9));
        Assert.True(alive);
        Assert.Null(renewed.Expire(At(18)).Grant(Other, WorkKind.Score, T0).Granted);
        Assert.Equal(2, renewed.Expire(At(19)).Grant(Other, WorkKind.Score, At(19)).Granted!.Attempt);
    }

    [Fact]
    public void A_worker_that_was_silent_too_long_gets_its_lease_again_beside_the_new_one()
    {
        var second = Held().Expire(At(10)).Grant(Other, WorkKind.Score, At(10)).Ledger;
        var (both, alive) = second.Renew(Me, Order.WorkId, 1, At(11));
        Assert.True(alive);
        Assert.Equal([(Other, 2), (Me, 1)], Only(both).Leases.Select(l => (l.Worker, l.Attempt)));
    }

    [Theory]
    [InlineData(Me, 1)]
    [InlineData(Other, 77)]
    [InlineData("the worker of another coordinator", -5)]
    public void A_result_counts_whoever_brings_it_and_ends_every_lease(string worker, int attempt)
    {
        var held = Held().Expire(At(10)).Grant(Other, WorkKind.Score, At(10)).Ledger.Renew(Me, Order.WorkId, 1, At(11)).Ledger;
        var (done, heard) = held.Complete(worker, attempt, PureWorker.Do(Order), At(12));
        Assert.True(heard);
        Assert.NotNull(Only(done).Outcome!.Result);
        Assert.Empty(Only(done).Leases);
        Assert.Equal(new[] { (Other, 2), (Me, 1) }.Where(l => l.Item1 != worker), done.Ended.Select(e => (e.Worker, e.Attempt)));
        Assert.False(done.Renew(Other, Order.WorkId, 2, At(13)).Alive);
        Assert.Same(done, done.Complete("late", 9, PureWorker.Do(Order), At(14)).Ledger);
    }

    [Fact]
    public void After_three_failures_an_order_is_given_up_with_the_last_cause()
    {
        var ledger = Announced;
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            (ledger, var granted) = ledger.Grant(Me, WorkKind.Score, T0);
            ledger = ledger.Fail(Me, granted!.Attempt, Order.WorkId, WorkFailureKind.Other, $"cause {attempt}");
        }
        Assert.Equal(new WorkOutcome(null, WorkFailureKind.Other, "cause 3"), Only(ledger).Outcome);
        Assert.Null(ledger.Grant(Other, WorkKind.Score, T0).Granted);
    }

    [Theory]
    [InlineData(WorkFailureKind.Input)]
    [InlineData(WorkFailureKind.Damaged)]
    [InlineData(WorkFailureKind.NonFinite)]
    [InlineData(WorkFailureKind.Disk)]
    public void What_trying_again_cannot_mend_is_given_up_at_once(WorkFailureKind failure) =>
        Assert.Equal(failure, Only(Held().Fail(Me, 1, Order.WorkId, failure, "why")).Outcome!.Failure);

    [Fact]
    public void A_full_disk_is_one_workers_trouble_until_all_who_could_do_the_order_have_it()
    {
        string[] able = [Me, Other, "c", "d", "e"];
        var ledger = Announced;
        foreach (var worker in able)
        {
            Assert.Null(Only(ledger).Outcome);
            (ledger, var granted) = ledger.Grant(worker, WorkKind.Score, T0, able);
            ledger = ledger.Fail(worker, granted!.Attempt, Order.WorkId, WorkFailureKind.Disk, $"the disk of {worker} is full", able, T0);
            if (worker != able[^1]) Assert.Null(ledger.Grant(worker, WorkKind.Score, T0, able).Granted);
        }
        Assert.Equal(new WorkOutcome(null, WorkFailureKind.Disk, "the disk of e is full"), Only(ledger).Outcome);
    }

    [Fact]
    public void A_full_disk_beside_a_second_lease_gives_nothing_up()
    {
        string[] able = [Me, Other];
        var two = Held().Expire(At(10)).Grant(Other, WorkKind.Score, At(10)).Ledger.Renew(Me, Order.WorkId, 1, At(11)).Ledger;
        var one = two.Fail(Other, 2, Order.WorkId, WorkFailureKind.Disk, "full", [Other]);
        Assert.Null(Only(one).Outcome);
        Assert.NotNull(Only(one.Fail(Me, 1, Order.WorkId, WorkFailureKind.Disk, "full", able)).Outcome);
    }

    [Fact]
    public void What_a_worker_failed_at_goes_to_others_first_and_to_it_again_where_there_are_none()
    {
        var failed = Held().Fail(Me, 1, Order.WorkId, WorkFailureKind.Other, "why", [Me, Other], T0);
        Assert.Null(failed.Grant(Me, WorkKind.Score, T0, [Me, Other]).Granted);
        Assert.NotNull(failed.Grant(Other, WorkKind.Score, T0, [Me, Other]).Granted);
        Assert.NotNull(failed.Grant(Me, WorkKind.Score, T0, [Me]).Granted);
        Assert.Null(failed.Grant(Me, WorkKind.Score, At(10), [Me, Other]).Granted);
        Assert.NotNull(failed.Grant(Me, WorkKind.Score, At(11), [Me, Other]).Granted); // the other is at something long
        var more = failed.Announce("r", 1, [Order with { WorkId = "next" }]);
        Assert.Equal("next", more.Grant(Me, WorkKind.Score, T0, [Me, Other]).Granted!.Order.WorkId);
    }

    [Theory]
    [InlineData("simulated 100 tokens/s", EngineKind.Simulated)]
    [InlineData("cpu avx512 mkl=avx512 bf16 threads=1 libtorch=2.10.0", EngineKind.Bf16)]
    public void Orders_are_for_engines_of_the_kind_of_their_run(string fingerprint, EngineKind engine)
    {
        var other = PureWorker.Begin(fingerprint: fingerprint);
        var made = RunWork.Outstanding(other).First(o => o.Kind == WorkKind.Score);
        Assert.NotEqual(Order.WorkId, made.WorkId);
        Assert.Equal(Order.Score, made.Score);
        var ledger = Announced.Announce("s", 1, [made]);
        Assert.Equal(Order.WorkId, ledger.Grant(Me, new WorkPool(WorkKind.Score), T0).Granted!.Order.WorkId);
        Assert.Equal(made.WorkId, ledger.Grant(Me, new WorkPool(WorkKind.Score, engine), T0).Granted!.Order.WorkId);
        Assert.Null(Announced.Grant(Me, new WorkPool(WorkKind.Score, engine), T0).Granted);
        Assert.All(RunWork.Outstanding(other), o => Assert.Equal(o.Kind.NeedsEngine() ? engine : EngineKind.F32, o.Engine));
    }

    [Fact]
    public void A_failure_counts_only_for_a_live_lease()
    {
        var second = Held().Lose(Me).Grant(Other, WorkKind.Score, T0).Ledger;
        Assert.Same(second, second.Fail(Me, 1, Order.WorkId, WorkFailureKind.Damaged, "late"));
        Assert.Same(second, second.Fail(Other, 1, Order.WorkId, WorkFailureKind.Damaged, "under the wrong number"));
    }

    [Fact]
    public void Lost_workers_are_no_failures_until_there_are_so_many_that_the_order_seems_to_kill_them()
    {
        var ledger = Announced;
        for (var lost = 0; lost < Settings.Losses; lost++)
        {
            Assert.Null(Only(ledger).Outcome);
            ledger = ledger.Grant(Me, WorkKind.Score, At(20 * lost)).Ledger;
            ledger = lost % 2 == 0 ? ledger.Lose(Me) : ledger.Expire(At((20 * lost) + 10));
        }
        Assert.Equal((0, 4), (Only(ledger).Failures, Only(ledger).Losses));
        Assert.Equal("4 workers were lost at it, at last: no sign of life from a for 10 s", Only(ledger).Outcome!.Reason);
    }

    [Fact]
    public void A_returned_lease_is_free_at_once_and_neither_a_failure_nor_a_loss()
    {
        var returned = Held().Return(Me, Order.WorkId, 1);
        Assert.Equal((0, 0), (Only(returned).Failures, Only(returned).Losses));
        var (second, granted) = returned.Grant(Other, WorkKind.Score, T0);
        Assert.Equal(2, granted!.Attempt);
        Assert.False(second.Renew(Me, Order.WorkId, 1, T0).Alive); // a renewal that was under way does not bring it back
        Assert.Same(second, second.Return(Me, Order.WorkId, 1));
    }

    [Fact]
    public void Runs_are_granted_in_turn_and_each_in_its_own_order()
    {
        var ledger = new WorkLedger(Settings).Announce("s", 1, Many("s", 3)).Announce("r", 1, Many("r", 2)).Announce("t", 1, Many("t", 1));
        var granted = new List<string>();
        for (var worker = 0; worker < 6; worker++)
        {
            (ledger, var lease) = ledger.Grant($"w{worker}", WorkKind.Score, T0);
            granted.Add(lease!.Order.WorkId);
        }
        Assert.Equal(["r-0", "s-0", "t-0", "r-1", "s-1", "s-2"], granted);
    }

    [Fact]
    public void An_order_of_a_run_that_leaves_is_granted_in_the_turn_of_another_that_waits_for_it()
    {
        var ledger = Announced.Announce("s", 1, [Order]).Withdraw("r", 1);
        Assert.Equal(["s"], Only(ledger).Runs.Keys);
        Assert.NotNull(ledger.Grant(Me, WorkKind.Score, T0).Granted);
    }

    [Fact]
    public void Two_runs_share_an_order_until_both_have_recorded_it()
    {
        var done = Announced.Announce("s", 5, [Order]).Grant(Me, WorkKind.Score, T0).Ledger.Complete(Me, 1, PureWorker.Do(Order), T0).Ledger;
        Assert.Equal(["r", "s"], Only(done).Runs.Keys);
        Assert.Equal(["s"], Only(done.Recorded("r", Order.WorkId)).Runs.Keys);
        Assert.Empty(done.Recorded("r", Order.WorkId).Recorded("s", Order.WorkId).Table.Items);
    }

    [Fact]
    public void Attempts_of_two_ledgers_do_not_meet()
    {
        var (_, granted) = new WorkLedger(Settings, 1000).Announce("r", 1, [Order]).Grant(Me, WorkKind.Score, T0);
        Assert.Equal(1001, granted!.Attempt);
    }

    private static WorkLedger Held() => Announced.Grant(Me, WorkKind.Score, T0).Ledger;

    private static WorkItem Only(WorkLedger ledger) => Assert.Single(ledger.Table.Items.Values);

    private static DateTimeOffset At(int seconds) => T0 + TimeSpan.FromSeconds(seconds);

    private static ImmutableArray<WorkOrder> Many(string run, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Order with { WorkId = $"{run}-{i}", RunId = run })];
}
