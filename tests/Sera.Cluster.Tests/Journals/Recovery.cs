using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Sera.Actors.Artifacts;
using Sera.Actors.Control;
using Sera.Actors.Hosting;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;

namespace Sera.Cluster.Tests.Journals;

/// <summary>
/// The program's own actor of a run on a journal, in an actor system with the program's own configuration, as the coordinator makes it; what it tells the
/// dispatcher is kept.
/// </summary>
internal sealed class Recovery : IAsyncDisposable
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(2);
    private readonly ActorSystem _system;
    private readonly ConcurrentQueue<object> _told = [];
    private readonly ConcurrentQueue<RunStopped> _stopped = [];

    private Recovery(Config config, string runId, string work, JournalDatabase? term = null)
    {
        var setup = ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config));
        _system = ActorSystem.Create("sera", term is null ? setup : setup.And(JournalTerm.Setup(term)));
        var parts = new CoordinatorParts(
            WorkSettings.From(_system.Settings.Config), ControlSettings.From(_system.Settings.Config), new LocalArtifacts(new ArtifactStore(work)),
            TimeProvider.System);
        var dispatcher = _system.ActorOf(Props.Create(() => new Ear(_told.Enqueue)), "work");
        Run = _system.ActorOf(Props.Create(() => new Runs(Props.Create(() => new RunActor(runId, dispatcher, parts)), runId, Stopped)), "runs");
    }

    /// <summary>Passes everything on to the run, which is made anew where it stopped.</summary>
    public IActorRef Run { get; }

    public ImmutableArray<object> Told => [.. _told];

    public ImmutableArray<RunStopped> Stops => [.. _stopped];

    public static Recovery OfFolder(string work, string runId)
    {
        var journal = new JournalFile(work);
        journal.Prepare();
        return new Recovery(NodeConfiguration.Of(journal), runId, work);
    }

    /// <summary>With the configuration of a control node, but for the cluster itself.</summary>
    /// <param name="underTerm">Whether its writes name the term that was taken through the journal.</param>
    public static Recovery OfDatabase(JournalDatabase journal, string runId, string work, bool underTerm = false)
    {
        var options = new ClusterNodeOptions([NodeRoles.Control], "127.0.0.1", "127.0.0.1", 0, [], work, journal.ConnectionString, "cpu", 1, () => throw new NotSupportedException());
        return new Recovery(
            ConfigurationFactory.ParseString("akka.actor.provider = local").WithFallback(NodeConfiguration.Of(options, journal)), runId, work,
            underTerm ? journal : null);
    }

    public Task<RunReply> AskAsync(IRunCommand command) => Run.Ask<RunReply>(command, Ceiling);

    /// <summary>The state after the first event that the actor recorded itself.</summary>
    public async Task<RunState> FirstRecordedAsync(string runId) => (await Run.Ask<RunRecorded>(new WatchRun(runId), Ceiling)).State;

    public async ValueTask DisposeAsync() => await _system.Terminate();

    private void Stopped(RunStopped stopped) => _stopped.Enqueue(stopped);

    private sealed class Ear : ReceiveActor
    {
        public Ear(Action<object> hear) => ReceiveAny(hear);
    }

    private sealed class Runs : ReceiveActor
    {
        public Runs(Props run, string runId, Action<RunStopped> stopped)
        {
            Receive<RunStopped>(stopped);
            Receive<RunAlive>(_ => { });
            ReceiveAny(message =>
            {
                var child = Context.Child(runId);
                (child.IsNobody() ? Context.ActorOf(run, runId) : child).Forward(message);
            });
        }
    }
}
