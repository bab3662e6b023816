using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class WorkDispatcherTests : TestKit
{
    private static readonly WorkSettings Settings = new(
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), 3, TimeSpan.Zero);

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
        Assert.Equal(1, worker.FishForMessage<LeaseGranted>(_ => true).Attempt); // forgotten, so asked for anew
    }

    [Fact]
    public void A_worker_that_dies_in_the_middle_leaves_its_order_to_another()
    {
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        Announce();
        first.Send(_dispatcher, new RequestWork(WorkKind.Score));
        first.ExpectMsg<LeaseGranted>();
        second.Send(_dispatcher, new RequestWork(WorkKind.Score));
        Sys.Stop(first.Ref);
        Assert.Equal(2, second.ExpectMsg<LeaseGranted>().Attempt);
    }

    [Fact]
    public void A_late_result_of_an_expired_lease_is_acknowledged_and_ignored()
    {
        var (slow, quick) = (CreateTestProbe(), CreateTestProbe());
        Announce();
        slow.Send(_dispatcher, new RequestWork(WorkKind.Score));
        slow.ExpectMsg<LeaseGranted>();
        quick.Send(_dispatcher, new RequestWork(WorkKind.Score));
        Pass(Settings.Lease);
        var lease = quick.ExpectMsg<LeaseGranted>();
        slow.Send(_dispatcher, new RenewLease(_order.WorkId, 1));
        slow.ExpectMsg<LeaseRevoked>();
        slow.Send(_dispatcher, new WorkCompleted(1, PureWorker.Do(_order) with { Effort = new Effort(WorkKind.Score, 99, 0) }));
        slow.ExpectMsg<WorkAcknowledged>();
        quick.Send(_dispatcher, new WorkCompleted(lease.Attempt, PureWorker.Do(_order)));
        Assert.Equal(PureWorker.Do(_order).Effort, _run.ExpectMsg<RecordWork>().Result.Effort);
    }

    [Fact]
    public void The_run_is_told_when_an_order_is_given_up()
    {
        var worker = CreateTestProbe();
        Announce();
        foreach (var attempt in Enumerable.Range(1, 3))
        {
            worker.Send(_dispatcher, new RequestWork(WorkKind.Score));
            Assert.Equal(attempt, worker.ExpectMsg<LeaseGranted>().Attempt);
            worker.Send(_dispatcher, new WorkFailed(_order.WorkId, attempt, WorkFailureKind.Other, $"cause {attempt}"));
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
    public void Renewals_come_while_the_worker_computes_and_end_with_the_lease()
    {
        var (dispatcher, worker) = (CreateTestProbe(), CreateTestProbe());
        using var holder = new LeaseHolder(worker.Ref, dispatcher.Ref, WorkKind.Score, Sys.Scheduler, Settings.Beat);
        Assert.True(holder.Take(new LeaseGranted(_order, 1, _clock.Now, 1)));
        for (var beat = 0; beat < 3; beat++)
        {
            Beat();
            Assert.Equal(new RenewLease(_order.WorkId, 1), dispatcher.ExpectMsg<RenewLease>());
        }
        holder.Complete(PureWorker.Do(_order));
        Beat();
        holder.Beat();
        Assert.Equal(2, dispatcher.ReceiveN(2).OfType<WorkCompleted>().Count());
        holder.Acknowledged();
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
        var asker = CreateTestProbe();
        for (var passed = TimeSpan.Zero; passed < time; passed += Settings.Beat)
        {
            _clock.Now += Settings.Beat;
            Beat();
            asker.Send(_dispatcher, new RenewLease("none", 1));
            asker.ExpectMsg<LeaseRevoked>();
        }
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
