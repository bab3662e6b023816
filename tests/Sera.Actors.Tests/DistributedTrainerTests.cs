using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using Sera.Actors.Runs;
using Sera.Actors.Training;
using Sera.Actors.Work;
using Sera.Model.Data;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>A trainer that asks for gradients; the test is the dispatcher and the workers.</summary>
public sealed class DistributedTrainerTests : TestKit
{
    private static readonly WorkSettings Settings = WorkSettings.From(ConfigurationFactory.ParseString(NodeConf)) with { Beat = TimeSpan.FromSeconds(1) };
    private readonly SmallRun _small = new();
    private readonly WorkOrder _order;
    private readonly TrainingResult _local;
    private readonly IActorRef _trainer;

    public DistributedTrainerTests()
        : base(ConfigurationFactory.ParseString("akka.actor.serialize-messages = on\nakka.test.timefactor = 3\n"
            + "akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"\n" + NodeConf))
    {
        var rows = Enumerable.Range(0, 12).Select(i => new TrainingPairRow($"p{i}", [1], [2], [3], -i, -i, null, "offline"));
        var pairs = _small.Store.Write("training-pairs", RowFile.Write(rows, RowJson.Default.TrainingPairRow));
        var training = SmallRun.Options.Training with { Distribute = true, CheckpointEvery = 2 };
        var order = TrainOrder.First(new PolicyRef(new string('a', 64)), [pairs], training, SmallRun.Options.Loss, 7, 6);
        _order = new WorkOrder(WorkIds.Of(order), WorkKind.Train, "run", 1, 2, Train: order);
        using var work = new FakeEngine(_small.Store).OpenTraining(order.Segment);
        while (work.Advance())
        {
        }
        _local = work.Result;
        var setup = WorkerSetup.Create(TestActor, _small.Folder, Settings);
        _trainer = Sys.ActorOf(Props.Create(() => new GradientTrainingActor(setup, () => new FakeEngine(_small.Store, null))).WithDispatcher("sera.torch-dispatcher"));
    }

    private static string NodeConf => string.Concat(new[] { "node.conf", "dispatchers.conf" }.Select(name =>
        new StreamReader(typeof(WorkOrder).Assembly.GetManifestResourceStream(name)!).ReadToEnd()));

    [Fact]
    public void Gradients_that_come_in_any_order_and_more_than_once_make_the_steps_of_local_training()
    {
        Grant();
        for (var step = 0; step < 2; step++)
        {
            var announced = ExpectMsg<AnnounceWork>();
            Assert.Equal(4, announced.Orders.Length);
            Assert.All(announced.Orders, o => Assert.Equal((WorkKind.Gradient, announced.RunId), (o.Kind, o.RunId)));
            foreach (var order in announced.Orders.Reverse().Prepend(announced.Orders[2]))
            {
                Record(announced, order);
                Assert.Equal(new WorkRecorded(announced.RunId, order.WorkId), ExpectMsg<WorkRecorded>());
            }
        }
        Assert.StartsWith("run/train-", ExpectMsg<WithdrawWork>().RunId, StringComparison.Ordinal);
        var trained = ExpectMsg<WorkCompleted>().Result.Trained!;
        Assert.Equal(_local.Checkpoint, trained.Checkpoint);
        Assert.Equal(_local.Steps.Select(s => s.Loss), StepMetricsFile.Read(_small.Store, trained.Metrics).Select(s => s.Loss));
    }

    [Fact]
    public void What_is_outstanding_is_announced_again_on_the_beat_and_what_is_recorded_is_not()
    {
        Grant();
        var announced = ExpectMsg<AnnounceWork>();
        Record(announced, announced.Orders[1]);
        ExpectMsg<WorkRecorded>();
        Beat();
        var again = (AnnounceWork)FishForMessage(m => m is AnnounceWork);
        Assert.Equal((announced.RunId, announced.Epoch), (again.RunId, again.Epoch));
        Assert.Equal(new[] { 0, 2, 3 }.Select(i => announced.Orders[i].WorkId), again.Orders.Select(o => o.WorkId));
    }

    [Fact]
    public void A_gradient_that_is_lost_before_it_is_added_is_computed_again()
    {
        Grant();
        var announced = ExpectMsg<AnnounceWork>();
        var lost = FakeTraining.Compute(announced.Orders[0].Gradient!.Request, _small.Store);
        _small.Store.Delete(lost.Gradient!);
        _trainer.Tell(new RecordWork(announced.RunId, announced.Epoch, Result(announced.Orders[0], lost)), TestActor);
        ExpectMsg<WorkRecorded>();
        Assert.Equal(announced.Orders[0].WorkId, Assert.Single(ExpectMsg<AnnounceWork>().Orders).WorkId);
        foreach (var order in announced.Orders)
        {
            Record(announced, order);
            ExpectMsg<WorkRecorded>();
        }
        Assert.Equal(4, ExpectMsg<AnnounceWork>().Orders.Length);
    }

    [Theory]
    [InlineData(WorkFailureKind.Other)]
    [InlineData(WorkFailureKind.Disk)]
    public void A_micro_batch_that_is_given_up_fails_the_segment_for_its_reason(WorkFailureKind failure)
    {
        Grant();
        var announced = ExpectMsg<AnnounceWork>();
        _trainer.Tell(new GiveUpWork(announced.RunId, announced.Epoch, announced.Orders[3].WorkId, failure, "the reason"), TestActor);
        ExpectMsg<WorkRecorded>();
        Assert.Equal(announced.RunId, ExpectMsg<WithdrawWork>().RunId);
        var failed = ExpectMsg<WorkFailed>();
        Assert.Equal((_order.WorkId, failure), (failed.WorkId, failed.Failure));
        Assert.Contains("the reason", failed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trainer_whose_lease_is_revoked_withdraws_and_what_still_comes_is_withdrawn_again()
    {
        Grant();
        var announced = ExpectMsg<AnnounceWork>();
        var late = FakeTraining.Compute(announced.Orders[0].Gradient!.Request, _small.Store);
        _trainer.Tell(new LeaseRevoked(_order.WorkId, 1), TestActor);
        Assert.Equal(new WithdrawWork(announced.RunId, announced.Epoch), FishForMessage(m => m is WithdrawWork));
        _trainer.Tell(new RecordWork(announced.RunId, announced.Epoch, Result(announced.Orders[0], late)), TestActor);
        Assert.Equal(new WithdrawWork(announced.RunId, announced.Epoch), FishForMessage(m => m is WithdrawWork));
    }

    [Fact]
    public void Two_sessions_of_one_segment_share_neither_name_nor_work_nor_files()
    {
        Grant();
        var first = ExpectMsg<AnnounceWork>();
        _trainer.Tell(new LeaseRevoked(_order.WorkId, 1), TestActor);
        FishForMessage(m => m is RequestWork);
        _trainer.Tell(new LeaseGranted(_order, 2, PureWorker.Now, 1), TestActor);
        var second = (AnnounceWork)FishForMessage(m => m is AnnounceWork);
        Assert.NotEqual(first.RunId, second.RunId);
        Assert.Empty(first.Orders.Select(o => o.WorkId).Intersect(second.Orders.Select(o => o.WorkId)));
        Assert.True(_small.Store.Contains(second.Orders[0].Gradient!.Request.Parameters));
        AwaitCondition(() => !_small.Store.Contains(first.Orders[0].Gradient!.Request.Parameters));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _small.Dispose();
    }

    private void Grant()
    {
        ExpectMsg<RequestWork>();
        _trainer.Tell(new LeaseGranted(_order, 1, PureWorker.Now, 1), TestActor);
    }

    private void Beat() => ((Akka.TestKit.TestScheduler)Sys.Scheduler).Advance(Settings.Beat);

    private void Record(AnnounceWork announced, WorkOrder order) => _trainer.Tell(
        new RecordWork(announced.RunId, announced.Epoch, Result(order, FakeTraining.Compute(order.Gradient!.Request, _small.Store))), TestActor);

    private static WorkResult Result(WorkOrder order, GradientResult gradient) =>
        new(order.WorkId, new Effort(WorkKind.Gradient, 1, gradient.Tokens), Gradient: gradient);
}
