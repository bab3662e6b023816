using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class WorkDispatcherTests : TestKit
{
    private static readonly WorkSettings Settings = new(
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), 3, TimeSpan.Zero, 20, 2, TimeSpan.FromSeconds(2));

    private readonly ManualClock _clock = new();
    private readonly IActorRef _dispatcher;
    private readonly TestProbe _run;
    private readonly WorkOrder _order = RunWork.Outstanding(PureWorker.Begin()).First(o => o.Kind == WorkKind.Score);

    public WorkDispatcherTests()
        : base(ConfigurationFactory.ParseString("akka.actor.serialize-messages = on\nakka.test.timefactor = 3\n"
            + "akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"\n"
            + new StreamReader(typeof(WorkOrder).Assembly.GetManifestResourceStream("node.conf")!).ReadToEnd()))
    {
        _dispatcher = Sys.ActorOf(Props.Create(() => new WorkDispatcherActor(Settings, _clock)));
        _run = CreateTestProbe();
    }

    [Fact]
    public void A_parked_worker_gets_the_order_when_it_is_announced_and_the_run_gets_the_result()
    {
        var worker = CreateTestProbe();
        worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
        Announce();
        var lease = worker.ExpectMsg<LeaseGranted>();
        Assert.Equal(_order.WorkId, lease.Order.WorkId);
        worker.Send(_dispatcher, new WorkCompleted(lease.Attempt, PureWorker.Do(_order)));
        worker.ExpectMsg<WorkAcknowledged>();
        Assert.Equal(1, _run.ExpectMsg<RecordWork>().Epoch);
    }

    [Fact]
    public void What_a_trainer_asked_for_goes_with_the_trainer_and_what_a_run_asked_for_stays()
    {
        var trainer = CreateTestProbe();
        var worker = CreateTestProbe();
        Announce();
        trainer.Send(_dispatcher, new AnnounceWork(RunIds.Part("pure", "train"), 1, [_order with { WorkId = "part" }, _order]));
        worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
        var first = worker.ExpectMsg<LeaseGranted>();
        worker.Send(_dispatcher, new ReturnLease(first.Order.WorkId, first.Attempt));
        worker.Watch(trainer.Ref);
        Sys.Stop(trainer.Ref);
        worker.ExpectTerminated(trainer.Ref);
        worker.AwaitAssert(() =>
        {
            worker.Send(_dispatcher, new GetWorkOverview());
            Assert.Equal(new RunOverview("pure", 1, 0), Assert.Single(worker.ExpectMsg<WorkOverview>().Runs));
        });
        Sys.Stop(_run.Ref);
        worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
        Assert.Equal(_order.WorkId, worker.ExpectMsg<LeaseGranted>().Order.WorkId);
    }

    [Fact]
    public void A_result_is_told_again_until_the_run_has_recorded_it()
    {
        var worker = CreateTestProbe();
        Announce();
        worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
        worker.Send(_dispatcher, new WorkCompleted(worker.ExpectMsg<LeaseGranted>().Attempt, PureWorker.Do(_order)));
        _run.ExpectMsg<RecordWork>();
        Beat();
        _run.ExpectMsg<RecordWork>();
        _run.Send(_dispatcher, new WorkRecorded("pure", _order.WorkId));
        Announce();
        worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
        worker.FishForMessage<LeaseGranted>(_ => true); // forgotten, so asked for anew
    }

    [Fact]
    public void A_worker_that_dies_in_the_middle_leaves_its_order_to_another()
    {
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        Announce();
        first.Send(_dispatcher, new RequestWork(WorkKind.Score));
        var lost = first.ExpectMsg<LeaseGranted>();
        second.Send(_dispatcher, new RequestWork(WorkKind.Score));
        Sys.Stop(first.Ref);
        Assert.NotEqual(lost.Attempt, second.ExpectMsg<LeaseGranted>().Attempt);
    }

    [Fact]
    public void A_late_result_of_an_expired_lease_counts_and_whoever_else_has_the_order_is_told()
    {
        var (slow, quick) = (CreateTestProbe(), CreateTestProbe());
        Announce();
        slow.Send(_dispatcher, new RequestWork(WorkKind.Score));
        var expired = slow.ExpectMsg<LeaseGranted>();
        quick.Send(_dispatcher, new RequestWork(WorkKind.Score));
        Pass(Settings.Lease);
        var lease = quick.ExpectMsg<LeaseGranted>();
        slow.Send(_dispatcher, new WorkCompleted(expired.Attempt, PureWorker.Do(_order)));
        slow.ExpectMsg<WorkAcknowledged>();
        Assert.Equal(PureWorker.Do(_order).Effort, _run.ExpectMsg<RecordWork>().Result.Effort);
        Assert.Equal(new LeaseRevoked(_order.WorkId, lease.Attempt), quick.ExpectMsg<LeaseRevoked>());
    }

    [Fact]
    public void A_returned_lease_goes_to_another_worker_at_once_and_not_back_to_the_one_that_leaves()
    {
        var (leaving, other) = (CreateTestProbe(), CreateTestProbe());
        Announce();
        leaving.Send(_dispatcher, new RequestWork(WorkKind.Score));
        var lease = leaving.ExpectMsg<LeaseGranted>();
        other.Send(_dispatcher, new RequestWork(WorkKind.Score));
        leaving.Send(_dispatcher, new ReturnLease(_order.WorkId, lease.Attempt));
        Assert.Equal(_order.WorkId, other.ExpectMsg<LeaseGranted>().Order.WorkId);
    }

    [Fact]
    public void A_slow_order_is_given_a_second_time_and_the_first_result_ends_the_other_lease()
    {
        var (slow, quick) = (CreateTestProbe(), CreateTestProbe());
        WorkOrder[] orders = [.. Enumerable.Range(0, 4).Select(i => _order with { WorkId = $"w{i}" })];
        _run.Send(_dispatcher, new AnnounceWork("pure", 1, [.. orders]));
        slow.Send(_dispatcher, new RequestWork(WorkKind.Score));
        var first = slow.ExpectMsg<LeaseGranted>();
        foreach (var order in orders[1..])
        {
            quick.Send(_dispatcher, new RequestWork(WorkKind.Score));
            quick.Send(_dispatcher, new WorkCompleted(quick.ExpectMsg<LeaseGranted>().Attempt, PureWorker.Do(order)));
            quick.ExpectMsg<WorkAcknowledged>();
        }
        quick.Send(_dispatcher, new RequestWork(WorkKind.Score));
        Pass(Settings.StragglerFloor + Settings.Beat);
        var second = quick.ExpectMsg<LeaseGranted>();
        Assert.Equal(first.Order.WorkId, second.Order.WorkId);
        quick.Send(_dispatcher, new WorkCompleted(second.Attempt, PureWorker.Do(second.Order)));
        Assert.Equal(first.Attempt, slow.ExpectMsg<LeaseRevoked>().Attempt);
    }

    [Fact]
    public void A_dispatcher_that_follows_another_adopts_the_leases_in_work()
    {
        var (worker, idle) = (CreateTestProbe(), CreateTestProbe());
        worker.Send(_dispatcher, new RenewLease(_order.WorkId, 7, new WorkProgress(1, 4, 50), "cuda:0"));
        Announce();
        worker.Send(_dispatcher, new RenewLease(_order.WorkId, 7, new WorkProgress(2, 4, 50), "cuda:0"));
        idle.Send(_dispatcher, new RequestWork(WorkKind.Score));
        Assert.Equal(
            [(_order.WorkId, "cuda:0"), (null, null)], Overview().Workers.Select(w => (w.WorkId, w.Device)).OrderByDescending(w => w.WorkId));
        Sys.Stop(worker.Ref); // watched, though it never asked here
        Assert.Equal(_order.WorkId, idle.ExpectMsg<LeaseGranted>().Order.WorkId);
    }

    [Fact]
    public void A_lease_or_result_of_an_order_that_nobody_announces_is_refused_only_after_an_interval()
    {
        var (working, done) = (CreateTestProbe(), CreateTestProbe());
        for (var waited = TimeSpan.Zero; waited <= Settings.Announce; waited += Settings.Beat)
        {
            working.Send(_dispatcher, new RenewLease("unknown", 7));
            done.Send(_dispatcher, new WorkCompleted(7, PureWorker.Do(_order)));
            Overview();
            Pass(Settings.Beat);
        }
        Assert.False(working.HasMessages || done.HasMessages);
        working.Send(_dispatcher, new RenewLease("unknown", 7));
        done.Send(_dispatcher, new WorkCompleted(7, PureWorker.Do(_order)));
        working.ExpectMsg<LeaseRevoked>();
        done.ExpectMsg<WorkAcknowledged>();
    }

    [Fact]
    public void A_withdrawn_run_takes_its_orders_from_their_workers_at_once()
    {
        var worker = CreateTestProbe();
        Announce();
        worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
        var lease = worker.ExpectMsg<LeaseGranted>();
        _run.Send(_dispatcher, new WithdrawWork("pure", 1));
        Assert.Equal(new LeaseRevoked(_order.WorkId, lease.Attempt), worker.ExpectMsg<LeaseRevoked>());
        Assert.Empty(Overview().Runs);
    }

    [Fact]
    public void The_run_of_an_old_coordinator_that_speaks_late_gets_nothing()
    {
        var (old, worker) = (CreateTestProbe(), CreateTestProbe());
        _run.Send(_dispatcher, new AnnounceWork("pure", 2, [_order]));
        old.Send(_dispatcher, new AnnounceWork("pure", 1, [_order]));
        old.Send(_dispatcher, new WithdrawWork("pure", 1));
        worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
        worker.Send(_dispatcher, new WorkCompleted(worker.ExpectMsg<LeaseGranted>().Attempt, PureWorker.Do(_order)));
        Assert.Equal(2, _run.ExpectMsg<RecordWork>().Epoch);
        Assert.False(old.HasMessages);
    }

    [Fact]
    public void A_run_that_joins_an_order_with_an_outcome_hears_of_it_at_once()
    {
        var (worker, second) = (CreateTestProbe(), CreateTestProbe());
        Announce();
        worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
        worker.Send(_dispatcher, new WorkCompleted(worker.ExpectMsg<LeaseGranted>().Attempt, PureWorker.Do(_order)));
        worker.ExpectMsg<WorkAcknowledged>();
        second.Send(_dispatcher, new AnnounceWork("second", 1, [_order]));
        Assert.Equal("second", second.ExpectMsg<RecordWork>().RunId);
        second.Send(_dispatcher, new WorkRecorded("never announced", _order.WorkId));
        second.Send(_dispatcher, new WithdrawWork("never announced", 1));
        Beat();
        second.ExpectMsg<RecordWork>();
    }

    [Fact]
    public void The_overview_tells_who_does_what_how_far_and_how_fast()
    {
        var (worker, idle) = (CreateTestProbe(), CreateTestProbe());
        _run.Send(_dispatcher, new AnnounceWork("pure", 1, [_order, _order with { WorkId = "next" }, _order with { WorkId = "last" }]));
        worker.Send(_dispatcher, new RequestWork(WorkKind.Score, "cuda:0"));
        worker.Send(_dispatcher, new WorkCompleted(worker.ExpectMsg<LeaseGranted>().Attempt, PureWorker.Do(_order))); // 100 tokens in 1.5 s
        worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
        var lease = worker.FishForMessage<LeaseGranted>(_ => true);
        worker.Send(_dispatcher, new RenewLease(lease.Order.WorkId, lease.Attempt, new WorkProgress(1, 4, 50)));
        idle.Send(_dispatcher, new RequestWork(WorkKind.Train));
        var overview = Overview();
        Assert.Equal(new RunOverview("pure", 2, 1), Assert.Single(overview.Runs));
        Assert.Equal(new InWorkOverview("pure", _order.Round, WorkKind.Score, _order.Units / 4, _order.Units, 50), Assert.Single(overview.InWork));
        var address = worker.Ref.Path.ToStringWithAddress(((ExtendedActorSystem)Sys).Provider.DefaultAddress);
        Assert.Equal(
            new WorkerOverview(address, WorkKind.Score, "cuda:0", "next", "pure", _order.Round, new WorkProgress(1, 4, 50), 66.667, 1),
            overview.Workers.Single(w => w.Kind == WorkKind.Score));
        Assert.Equal((null, null, 0), overview.Workers.Where(w => w.Kind == WorkKind.Train).Select(w => (w.WorkId, w.TokensPerSecond, w.Completed)).Single());
    }

    [Fact]
    public void The_run_is_told_when_an_order_is_given_up()
    {
        var worker = CreateTestProbe();
        Announce();
        foreach (var attempt in Enumerable.Range(1, 3))
        {
            worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
            worker.Send(_dispatcher, new WorkFailed(_order.WorkId, worker.ExpectMsg<LeaseGranted>().Attempt, WorkFailureKind.Other, $"cause {attempt}"));
            worker.ExpectMsg<WorkAcknowledged>();
        }
        Assert.Equal("cause 3", _run.ExpectMsg<GiveUpWork>().Reason);
    }

    [Fact]
    public void A_night_of_sleep_ends_no_lease_and_a_worker_that_renews_keeps_its_own()
    {
        var worker = CreateTestProbe();
        Announce();
        worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
        var lease = worker.ExpectMsg<LeaseGranted>();
        _clock.Now += TimeSpan.FromHours(8);
        Beat();
        for (var lived = TimeSpan.Zero; lived < Settings.Lease * 3; lived += Settings.Beat)
        {
            worker.Send(_dispatcher, new RenewLease(_order.WorkId, lease.Attempt));
            Pass(Settings.Beat);
        }
        worker.Send(_dispatcher, new WorkCompleted(lease.Attempt, PureWorker.Do(_order)));
        worker.ExpectMsg<WorkAcknowledged>();
        _run.ExpectMsg<RecordWork>();
    }

    [Fact]
    public void What_one_worker_failed_at_goes_to_another_and_does_not_block_what_is_free_behind_it()
    {
        var (full, other) = (CreateTestProbe(), CreateTestProbe());
        _run.Send(_dispatcher, new AnnounceWork("pure", 1, [_order, _order with { WorkId = "second" }]));
        full.Send(_dispatcher, new RequestWork(WorkKind.Score));
        var first = full.ExpectMsg<LeaseGranted>();
        other.Send(_dispatcher, new RequestWork(WorkKind.Score));
        var second = other.ExpectMsg<LeaseGranted>();
        full.Send(_dispatcher, new WorkFailed(first.Order.WorkId, first.Attempt, WorkFailureKind.Disk, "No space left on device"));
        full.ExpectMsg<WorkAcknowledged>();
        full.Send(_dispatcher, new RequestWork(WorkKind.Score));
        other.Send(_dispatcher, new WorkCompleted(second.Attempt, PureWorker.Do(second.Order)));
        other.ExpectMsg<WorkAcknowledged>();
        _run.ExpectMsg<RecordWork>();
        other.Send(_dispatcher, new RequestWork(WorkKind.Score));
        Assert.Equal(first.Order.WorkId, other.ExpectMsg<LeaseGranted>().Order.WorkId);
        full.ExpectNoMsg(TimeSpan.Zero);
        _run.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A_worker_whose_disk_is_full_asks_again_when_it_has_room()
    {
        var (dispatcher, worker, room) = (CreateTestProbe(), CreateTestProbe(), false);
        var settings = Settings with { DiskRest = Settings.Beat * 2 };
        using var holder = new LeaseHolder(worker.Ref, dispatcher.Ref, new RequestWork(WorkKind.Score), Sys.Scheduler, settings, () => room);
        Assert.True(holder.Take(new LeaseGranted(_order, 1, _clock.Now, 1)));
        holder.Fail(WorkFailureKind.Disk, "No space left on device");
        dispatcher.ExpectMsg<WorkFailed>();
        holder.Acknowledged(new WorkAcknowledged(_order.WorkId, 1));
        for (var beat = 0; beat < 5; beat++)
        {
            Beat();
            holder.Beat();
        }
        dispatcher.ExpectNoMsg(TimeSpan.Zero);
        room = true;
        for (var beat = 0; beat < 2; beat++)
        {
            Beat();
            holder.Beat();
        }
        dispatcher.ExpectMsg<RequestWork>();
    }

    [Fact]
    public void Renewals_come_while_the_worker_computes_and_end_with_the_lease()
    {
        var (dispatcher, worker) = (CreateTestProbe(), CreateTestProbe());
        using var holder = new LeaseHolder(worker.Ref, dispatcher.Ref, new RequestWork(WorkKind.Score, "cpu"), Sys.Scheduler, Settings, () => true);
        Assert.True(holder.Take(new LeaseGranted(_order, 1, _clock.Now, 1)));
        var progress = new WorkProgress(1, 4, 50);
        for (var beat = 0; beat < 3; beat++)
        {
            Beat();
            Assert.Equal(new RenewLease(_order.WorkId, 1, beat == 0 ? null : progress, "cpu"), dispatcher.ExpectMsg<RenewLease>());
            holder.Progressed(progress);
        }
        holder.Complete(PureWorker.Do(_order));
        Beat();
        holder.Beat();
        Assert.Equal(2, dispatcher.ReceiveN(2).OfType<WorkCompleted>().Count());
        holder.Acknowledged(new WorkAcknowledged(_order.WorkId, 0)); // of an earlier report, repeated
        holder.Beat();
        dispatcher.ExpectMsg<WorkCompleted>();
        holder.Acknowledged(new WorkAcknowledged(_order.WorkId, 1));
        dispatcher.ExpectMsg<RequestWork>();
        Assert.True(holder.Take(new LeaseGranted(_order, 2, _clock.Now, 1)));
        Assert.True(holder.Revoked(new LeaseRevoked(_order.WorkId, 2)));
        Beat();
        holder.Beat();
        Assert.Equal(2, dispatcher.ReceiveN(2).OfType<RequestWork>().Count());
    }

    private void Announce() => _run.Send(_dispatcher, new AnnounceWork("pure", 1, [_order]));

    /// <summary>Beat by beat, each looked at by the dispatcher before the next one comes.</summary>
    private void Pass(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Settings.Beat)
        {
            _clock.Now += Settings.Beat;
            Beat();
            Overview();
        }
    }

    /// <summary>Also says that the dispatcher has done everything that was sent before.</summary>
    private WorkOverview Overview()
    {
        var asker = CreateTestProbe();
        asker.Send(_dispatcher, new GetWorkOverview());
        return asker.ExpectMsg<WorkOverview>();
    }

    private void Beat() => ((TestScheduler)Sys.Scheduler).Advance(Settings.Beat);

    private sealed class ManualClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = PureWorker.Now;

        public override DateTimeOffset GetUtcNow() => Now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
