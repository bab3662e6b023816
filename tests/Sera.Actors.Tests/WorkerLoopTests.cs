using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Sera.Actors.Artifacts;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>The phases of a lease in a worker, between a dispatcher and a supply that the tests play.</summary>
public sealed class WorkerLoopTests : TestKit
{
    private static readonly WorkSettings Settings = new(
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), 3, TimeSpan.Zero, 20, 2, TimeSpan.FromSeconds(2));

    private readonly string _folder = Directory.CreateTempSubdirectory("sera-loop-").FullName;
    private readonly WorkOrder _order = RunWork.Outstanding(PureWorker.Begin()).First(o => o.Kind == WorkKind.Score);
    private readonly Supply _supply = new();
    private readonly Sessions _sessions = new();
    private readonly DeviceTurn _turn = new();
    private readonly TestProbe _dispatcher;
    private readonly WorkerSetup _setup;
    private readonly IActorRef _worker;

    public WorkerLoopTests()
        : base(ConfigurationFactory.ParseString("akka.actor.serialize-messages = on\nakka.test.timefactor = 3\n"
            + "akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"\n"
            + new StreamReader(typeof(WorkOrder).Assembly.GetManifestResourceStream("node.conf")!).ReadToEnd()))
    {
        _dispatcher = CreateTestProbe();
        var setup = _setup = WorkerSetup.Create(_dispatcher.Ref, _folder, Settings, _supply, "cpu");
        var sessions = _sessions;
        _worker = Sys.ActorOf(Props.Create(() => new Worker(setup, sessions, null)));
        Assert.Equal(new RequestWork(WorkKind.Score, "cpu"), _dispatcher.ExpectMsg<RequestWork>());
    }

    [Fact]
    public void A_copy_that_decayed_here_is_doubted_and_the_order_tried_again()
    {
        var rows = _order.Score!.Rows;
        _sessions.Fault = new DamagedArtifactException(rows, "/here", "its content does not match its name");
        Grant(1);
        _supply.Obtained.SetResult();
        var failed = _dispatcher.ExpectMsg<WorkFailed>();
        Assert.Equal((WorkFailureKind.Other, rows), (failed.Failure, _supply.Doubted));
    }

    [Fact]
    public void What_no_node_has_is_no_trouble_of_this_one()
    {
        Grant(1);
        _supply.Obtained.SetException(new DamagedArtifactException(_order.Score!.Rows, "/here", "no node has it"));
        Assert.Equal(WorkFailureKind.Damaged, _dispatcher.ExpectMsg<WorkFailed>().Failure);
        Assert.Null(_supply.Doubted);
    }

    [Fact]
    public void An_order_is_opened_when_its_inputs_are_there_and_reported_when_its_result_is_secured()
    {
        Grant(1);
        ExpectRenewal(1);
        Assert.Equal(_order.Score!.Rows, Assert.Single(_supply.Wanted!.Value));
        Assert.Equal(0, _sessions.Opened);
        _supply.Obtained.SetResult();
        _sessions.Finish = true;
        AwaitCondition(() => _supply.Kept is not null);
        Assert.Equal([_order.WorkId], _supply.Kept!.Value.Select(a => a.Kind));
        ExpectRenewal(1);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder, "index")));
        _supply.Secured.SetResult();
        Assert.Equal(_order.WorkId, _dispatcher.ExpectMsg<WorkCompleted>().Result.WorkId);
        Assert.Single(Directory.EnumerateFiles(Path.Combine(_folder, "index")));
        Assert.Equal((1, 1), (_sessions.Opened, _sessions.Disposed));
    }

    [Theory]
    [InlineData("../../outside")]
    [InlineData("/tmp/outside")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789")]
    [InlineData("abcdef0123456789abcdef0123456789abcdef0123456789abcdef012345678/")]
    public void A_lease_under_a_name_that_is_no_digest_fails_and_never_becomes_a_path(string workId)
    {
        _worker.Tell(new LeaseGranted(_order with { WorkId = workId }, 1, PureWorker.Now, 1));
        Assert.Equal(new WorkFailed(workId, 1, WorkFailureKind.Other, $"ArgumentException: not a work id: '{workId}' (Parameter 'workId')"), _dispatcher.ExpectMsg<WorkFailed>());
        Assert.Null(_supply.Wanted);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder, "index")));
    }

    [Fact]
    public void Inputs_that_come_for_a_lease_that_ended_open_nothing()
    {
        Grant(1);
        ExpectRenewal(1);
        var (late, cancelled) = (_supply.Obtained, _supply.Cancellation);
        _supply.Obtained = new TaskCompletionSource();
        _worker.Tell(new LeaseRevoked(_order.WorkId, 1));
        _dispatcher.ExpectMsg<RequestWork>();
        Assert.True(cancelled.IsCancellationRequested);
        Grant(2);
        late.SetResult();
        ExpectRenewal(2);
        Assert.Equal(0, _sessions.Opened);
        _supply.Obtained.SetResult();
        AwaitCondition(() => _sessions.Opened == 1);
    }

    [Theory]
    [InlineData(ArtifactRef.CheckpointKind, WorkFailureKind.Checkpoint)]
    [InlineData("rollouts", WorkFailureKind.Damaged)]
    public void Inputs_that_no_node_has_fail_the_order_as_if_they_were_damaged_here(string kind, WorkFailureKind expected)
    {
        Grant(1);
        _supply.Obtained.SetException(new DamagedArtifactException(new ArtifactRef(kind, "sha", 1), "path", "no node has it"));
        Assert.Equal(
            new WorkFailed(_order.WorkId, 1, expected, $"path: the {kind} artifact is damaged: no node has it"), _dispatcher.ExpectMsg<WorkFailed>());
    }

    [Fact]
    public void A_result_that_cannot_be_secured_is_not_reported()
    {
        Grant(1);
        _supply.Obtained.SetResult();
        _sessions.Finish = true;
        AwaitCondition(() => _supply.Kept is not null);
        _supply.Secured.SetException(new IOException("no other node"));
        Assert.Equal(WorkFailureKind.Other, _dispatcher.ExpectMsg<WorkFailed>().Failure);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder, "index")));
    }

    [Fact]
    public void A_result_known_before_needs_no_inputs_and_is_secured_all_the_same()
    {
        var known = new WorkResult(_order.WorkId, new Effort(WorkKind.Score, 1, 1), Scored: new ScoredRows(_setup.Store.Write("scores", [1, 2]), 1));
        _setup.Index.Record(known, null);
        Grant(1);
        AwaitCondition(() => _supply.Kept is not null);
        Assert.Null(_supply.Wanted);
        ExpectRenewal(1);
        _supply.Secured.SetResult();
        Assert.Equal(known, _dispatcher.ExpectMsg<WorkCompleted>().Result);
        Assert.Equal(0, _sessions.Opened);
    }

    [Fact]
    public void Who_leaves_gives_back_what_is_not_finished_and_takes_nothing_more()
    {
        _supply.Obtained.SetResult();
        Grant(1);
        AwaitCondition(() => _sessions.Opened == 1);
        _worker.Tell(new LeaveWork(), TestActor);
        ExpectMsg<WorkLeft>();
        Assert.Equal(new ReturnLease(_order.WorkId, 1), _dispatcher.ExpectMsg<ReturnLease>());
        Assert.Equal(1, _sessions.Disposed);
        Grant(2); // to a request from before
        Assert.Equal(new ReturnLease(_order.WorkId, 2), _dispatcher.ExpectMsg<ReturnLease>());
        Beat();
        _worker.Tell(new LeaveWork(), TestActor);
        ExpectMsg<WorkLeft>();
        Assert.False(_dispatcher.HasMessages);
    }

    [Fact]
    public void Who_leaves_with_a_finished_result_reports_it_first()
    {
        _supply.Obtained.SetResult();
        _sessions.Finish = true;
        Grant(1);
        AwaitCondition(() => _supply.Kept is not null);
        _worker.Tell(new LeaveWork(), TestActor);
        _supply.Secured.SetResult();
        _dispatcher.ExpectMsg<WorkCompleted>();
        Beat();
        _dispatcher.ExpectMsg<WorkCompleted>();
        Assert.False(HasMessages);
        _worker.Tell(new WorkAcknowledged(_order.WorkId, 1));
        ExpectMsg<WorkLeft>();
        Assert.False(_dispatcher.HasMessages);
    }

    [Fact]
    public void While_one_worker_secures_its_result_the_other_one_on_the_device_asks_for_the_next_order()
    {
        var (dispatcher, first, second) = InTurn();
        Beat();
        dispatcher.ExpectMsg<RequestWork>((_, sender) => Assert.Equal(first, sender));
        _supply.Obtained.SetResult();
        first.Tell(new LeaseGranted(_order, 1, DateTimeOffset.MaxValue, 1), dispatcher.Ref);
        _sessions.Finish = true;
        dispatcher.FishForMessage<RequestWork>(_ => true);
        Assert.Equal(second, dispatcher.LastSender);
        AwaitCondition(() => _supply.Kept is not null);
        _supply.Secured.SetResult();
        dispatcher.ExpectMsg<WorkCompleted>((_, sender) => Assert.Equal(first, sender));
        first.Tell(new WorkAcknowledged(_order.WorkId, 1), dispatcher.Ref);
        Beat();
        dispatcher.ExpectMsg<RequestWork>((_, sender) => Assert.Equal(second, sender));
        dispatcher.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A_worker_that_leaves_or_ends_gives_its_turn_to_the_other_one_on_the_device()
    {
        var (dispatcher, first, second) = InTurn();
        first.Tell(new LeaveWork(), TestActor);
        ExpectMsg<WorkLeft>();
        dispatcher.ExpectMsg<RequestWork>((_, sender) => Assert.Equal(second, sender));
        var (setup, sessions, turn) = (_setup with { Dispatcher = dispatcher.Ref }, _sessions, _turn);
        var third = Sys.ActorOf(Props.Create(() => new Worker(setup, sessions, turn)));
        Sys.Stop(second);
        dispatcher.ExpectMsg<RequestWork>((_, sender) => Assert.Equal(third, sender));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Two workers on one device, under a dispatcher of their own.</summary>
    private (TestProbe Dispatcher, IActorRef First, IActorRef Second) InTurn()
    {
        var dispatcher = CreateTestProbe();
        var (setup, sessions, turn) = (_setup with { Dispatcher = dispatcher.Ref }, _sessions, _turn);
        var first = Sys.ActorOf(Props.Create(() => new Worker(setup, sessions, turn)));
        dispatcher.ExpectMsg<RequestWork>((_, sender) => Assert.Equal(first, sender));
        return (dispatcher, first, Sys.ActorOf(Props.Create(() => new Worker(setup, sessions, turn))));
    }

    private void Grant(int attempt) => _worker.Tell(new LeaseGranted(_order, attempt, PureWorker.Now, 1));

    /// <summary>The worker is at it, and is not done before this beat.</summary>
    private void ExpectRenewal(int attempt)
    {
        _worker.Tell(new Identify(null), TestActor);
        ExpectMsg<ActorIdentity>();
        Beat();
        Assert.Equal(attempt, _dispatcher.ExpectMsg<RenewLease>().Attempt);
    }

    private void Beat() => ((TestScheduler)Sys.Scheduler).Advance(Settings.Beat);

    private sealed class Supply : IArtifactSupply
    {
        private ImmutableArray<ArtifactRef>? _wanted;
        private volatile StrongBox? _kept;

        public TaskCompletionSource Obtained { get; set; } = new();

        public TaskCompletionSource Secured { get; } = new();

        public CancellationToken Cancellation { get; private set; }

        public ImmutableArray<ArtifactRef>? Wanted => _wanted;

        public ImmutableArray<ArtifactRef>? Kept => _kept?.Artifacts;

        public Task ObtainAsync(ImmutableArray<ArtifactRef> artifacts, ImmutableArray<PolicyRef> policies, CancellationToken cancellation)
        {
            (_wanted, Cancellation) = (artifacts, cancellation);
            return Obtained.Task;
        }

        public Task SecureAsync(ImmutableArray<ArtifactRef> artifacts, CancellationToken cancellation)
        {
            _kept = new StrongBox(artifacts);
            return Secured.Task;
        }

        public void Discard(ImmutableArray<ArtifactRef> artifacts)
        {
        }

        public ArtifactRef? Doubted { get; private set; }

        public bool Doubt(ArtifactRef artifact)
        {
            Doubted = artifact;
            return true;
        }

        private sealed record StrongBox(ImmutableArray<ArtifactRef> Artifacts);
    }

    /// <summary>Sessions that go on until they are told to finish.</summary>
    private sealed class Sessions
    {
        private volatile int _opened;
        private volatile int _disposed;
        private volatile bool _finish;

        public Exception? Fault { get; set; }

        public int Opened => _opened;

        public int Disposed => _disposed;

        public bool Finish
        {
            set => _finish = value;
        }

        public IWorkSession Open(WorkOrder order)
        {
            _opened++;
            if (Fault is { } fault) throw fault;
            return new Session(this, order);
        }

        private sealed class Session(Sessions sessions, WorkOrder order) : IWorkSession
        {
            public WorkProgress Progress => new(1, 2, 3);

            public bool Advance() => !sessions._finish;

            public WorkResult Finish(WorkResult unfinished) => unfinished with
            {
                Scored = new ScoredRows(new ArtifactRef(order.WorkId, "sha", 10), 1),
            };

            public void Dispose() => sessions._disposed++;
        }
    }

    private sealed class Worker : UntypedActor, IWithTimers
    {
        private readonly WorkerLoop _loop;

        public Worker(WorkerSetup setup, Sessions sessions, DeviceTurn? turn = null) =>
            _loop = new WorkerLoop(WorkKind.Score, setup, sessions.Open, turn: turn);

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => _loop.Start(Context, Timers);

        protected override void OnReceive(object message)
        {
            if (!_loop.Handle(message)) Unhandled(message);
        }

        protected override void PostStop() => _loop.Dispose();
    }
}
