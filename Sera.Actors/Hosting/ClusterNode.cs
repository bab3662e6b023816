using System.Collections.Immutable;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Event;
using Sera.Actors.Artifacts;
using Sera.Actors.Control;
using Sera.Actors.Insight;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Actors.Hosting;

/// <summary>
/// One process of a cluster. Nodes with the role control can carry the coordinator, one at a time; all others find it by proxy. The node ends by
/// itself when the cluster goes on without it; whoever supervises the process starts it again.
/// </summary>
public sealed class ClusterNode : IAsyncDisposable
{
    public const string SystemName = "sera";
    private const string Manager = "coordinator-manager";
    private static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HealthTimeout = TimeSpan.FromSeconds(3);
    private readonly ActorSystem _system;
    private readonly Cluster _cluster;
    private readonly IActorRef _coordinator;
    private readonly IActorRef _watch;
    private readonly ExchangedArtifacts _artifacts;
    private readonly TaskCompletionSource<NodeEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _leaving;

    private ClusterNode(ClusterNodeOptions options, JournalDatabase? journal)
    {
        (Options, Journal) = (options, journal);
        var config = ConfigurationFactory.ParseString(options.Overrides).WithFallback(NodeConfiguration.Of(options, journal));
        var setup = ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config));
        if (options.Tls is { } tls) setup = setup.And(tls.Setup());
        if (journal is not null) setup = setup.And(JournalTerm.Setup(journal));
        _system = ActorSystem.Create(SystemName, setup);
        _cluster = Cluster.Get(_system);
        var settings = WorkSettings.From(_system.Settings.Config);
        var control = ControlSettings.From(_system.Settings.Config);
        var exchange = ArtifactSettings.From(_system.Settings.Config);
        Store = new ArtifactStore(exchange.StoreFolder(options.WorkFolder));
        _artifacts = ExchangedArtifacts.Start(_system, options.WorkFolder, new ClusterPeers(_cluster), exchange);
        if (options.Has(NodeRoles.Control)) Coordinate(settings, control, exchange, journal!);
        _coordinator = _system.ActorOf(
            ClusterSingletonProxy.Props($"/user/{Manager}", ClusterSingletonProxySettings.Create(_system)), "coordinator");
        var worker = WorkerSetup.Create(_coordinator, options.WorkFolder, settings, _artifacts, options.Device, options.Engine);
        Workers = new NodeWorkers(_system, worker, options.CreateEngine, inTurn: true);
        if (options.Has(NodeRoles.Generate)) Workers.Generate(options.Workers);
        if (options.Has(NodeRoles.Score)) Workers.Score(options.Workers);
        if (options.Has(NodeRoles.Train)) Workers.Train(options.Workers);
        if (options.Has(NodeRoles.Control)) Workers.Decide();
        _watch = _system.ActorOf(Props.Create(() => new NodeWatchActor(() => IsJoined, control.Orphan, End)), "watch");
        CoordinatedShutdown.Get(_system).AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "give-leases-back", GiveBackAsync);
        _system.WhenTerminated.ContinueWith(_ => _ended.TrySetResult(_leaving == 1 ? NodeEnd.Left : NodeEnd.Removed), TaskScheduler.Default);
    }

    public ClusterNodeOptions Options { get; }

    /// <summary>null without the role control.</summary>
    public JournalDatabase? Journal { get; }

    public ArtifactStore Store { get; }

    /// <summary>Where other nodes find this one.</summary>
    public string Address => _cluster.SelfAddress.ToString();

    /// <summary>Done when the node has ended, for whatever reason.</summary>
    public Task<NodeEnd> Ended => _ended.Task;

    internal NodeWorkers Workers { get; }

    /// <summary>Starts a node; a control node waits for its journal's database while that is away.</summary>
    /// <param name="warn">Told what is waited for.</param>
    /// <exception cref="InputException">The work folder or the journal cannot be used, or roles and journal do not fit.</exception>
    public static async Task<ClusterNode> StartAsync(ClusterNodeOptions options, Action<string> warn, CancellationToken cancellation = default)
    {
        JournalDatabase? journal = null;
        if (options.Has(NodeRoles.Control))
        {
            journal = new JournalDatabase(options.Journal ?? throw new InputException(
                "--journal", "nothing", "the PostgreSQL journal of the cluster, which every control node needs", "give it, or set SERA_JOURNAL"));
            await journal.RequireSchemaAsync(warn, cancellation).ConfigureAwait(false);
        }
        foreach (var folder in new[] { Path.Combine("artifacts", "tmp"), "index", "bases" })
        {
            Directory.CreateDirectory(Path.Combine(options.WorkFolder, folder));
            Temporaries.Sweep(Path.Combine(options.WorkFolder, folder));
        }
        return new ClusterNode(options, journal);
    }

    /// <summary>The coordinator's answer to a command for a run.</summary>
    /// <exception cref="AskTimeoutException">There is no coordinator at the moment, or it does not answer; try again.</exception>
    public Task<RunReply> CommandAsync(IRunCommand command, CancellationToken cancellation = default) =>
        _coordinator.Ask<RunReply>(command, AskTimeout, cancellation);

    /// <inheritdoc cref="IArtifactSupply.ObtainAsync"/>
    public Task ObtainAsync(ImmutableArray<ArtifactRef> artifacts, CancellationToken cancellation = default) => _artifacts.ObtainAsync(artifacts, [], cancellation);

    /// <summary>What a run is made from, on as many nodes as results are; to be done before its first event.</summary>
    public async Task SecureInputsAsync(RunInputs inputs, CancellationToken cancellation = default)
    {
        ImmutableArray<ArtifactRef> listings =
            [.. new[] { inputs.Policy, inputs.Base, inputs.RewardModel }.OfType<PolicyRef>().Select(p => new ArtifactRef(PolicyArtifacts.BaseKind, p.Base, 0))];
        await _artifacts.ObtainAsync(listings, [], cancellation).ConfigureAwait(false);
        ImmutableArray<ArtifactRef> all =
        [
            .. listings.SelectMany(listing => PolicyArtifacts.FilesOf(Store, listing.Sha256).Prepend(listing)).Distinct(),
            .. inputs.Artifacts,
        ];
        await _artifacts.ObtainAsync(all, [], cancellation).ConfigureAwait(false);
        await _artifacts.SecureAsync(all, cancellation).ConfigureAwait(false);
    }

    /// <summary>Deletes on every node what no run of the journal names and is not young.</summary>
    /// <returns>What each node that answered did.</returns>
    /// <exception cref="InputException">This is not a control node, or a run cannot be read, so that what it names is not known; nothing is deleted.</exception>
    public async Task<ImmutableArray<ArtifactsCollected>> CollectAsync(CancellationToken cancellation = default)
    {
        var journal = Journal ?? throw new InputException("collect", "not a control node", "the control endpoint of a control node", "give another address");
        var states = await Task.Run(journal.ReadRuns, cancellation).ConfigureAwait(false);
        return await _artifacts.CollectAsync(
            [.. states.SelectMany(RunArtifacts.Kept).Distinct()], [.. states.SelectMany(RunArtifacts.Policies).Distinct()], cancellation).ConfigureAwait(false);
    }

    /// <summary>Who does what, from the dispatcher.</summary>
    /// <inheritdoc cref="CommandAsync"/>
    public Task<WorkOverview> WorkAsync(CancellationToken cancellation = default) =>
        _coordinator.Ask<WorkOverview>(new GetWorkOverview(), AskTimeout, cancellation);

    /// <summary>How far the orders of a run are that are in work.</summary>
    /// <inheritdoc cref="CommandAsync"/>
    public async Task<IReadOnlyList<HeldWork>> HeldWorkAsync(string runId, CancellationToken cancellation = default) =>
    [
        .. (await WorkAsync(cancellation).ConfigureAwait(false)).Workers.Where(worker => worker.RunId == runId && worker is { WorkId: not null, Progress: not null })
            .Select(worker => new HeldWork(worker.WorkId!, worker.Progress!.Value.Done, worker.Progress.Value.Total, worker.Progress.Value.Tokens)),
    ];

    /// <summary>Of the engines that train here, for the record of a run; null where none is known.</summary>
    /// <param name="engine">Of this kind only.</param>
    /// <inheritdoc cref="CommandAsync"/>
    public async Task<string?> FingerprintAsync(EngineKind engine, CancellationToken cancellation = default)
    {
        var devices = (await WorkAsync(cancellation).ConfigureAwait(false)).Workers.Where(worker => worker.Kind == WorkKind.Train)
            .Select(worker => worker.Device).OfType<string>().Where(device => EngineKinds.Of(device) == engine)
            .Distinct().Order(StringComparer.Ordinal).ToList();
        return devices.Count == 0 ? null : string.Join("; ", devices);
    }

    /// <summary>Who is here, by address, as this node sees it.</summary>
    public IReadOnlyList<NodeMember> Members()
    {
        var state = _cluster.State;
        var unreachable = state.Unreachable.Select(member => member.UniqueAddress).ToHashSet();
        return
        [
            .. state.Members.OrderBy(member => member.Address, Member.AddressOrdering).Select(member => new NodeMember(
                member.Address.ToString(), [.. member.Roles.Order(StringComparer.Ordinal)], member.Status.ToString().ToLowerInvariant(),
                !unreachable.Contains(member.UniqueAddress), member.AppVersion.Version)),
        ];
    }

    /// <summary>Whether this node is a full member of a cluster that has a control node it can reach.</summary>
    public bool IsJoined =>
        !_cluster.IsTerminated && _cluster.SelfMember.Status == MemberStatus.Up
        && _cluster.State.Members.Except(_cluster.State.Unreachable).Any(member => member.Status == MemberStatus.Up && member.HasRole(NodeRoles.Control));

    /// <summary>Whether an actor of this node gets to answer.</summary>
    public async Task<bool> AnswersAsync()
    {
        try
        {
            return (await _watch.Ask<ActorIdentity>(new Identify(null), HealthTimeout).ConfigureAwait(false)).Subject is not null;
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }

    /// <summary>Finishes what is in hand, gives leases back, and leaves the cluster in order.</summary>
    public async Task LeaveAsync()
    {
        Interlocked.Exchange(ref _leaving, 1);
        await CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClrExitReason.Instance).ConfigureAwait(false);
        await _system.WhenTerminated.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_system.WhenTerminated.IsCompleted) await LeaveAsync().ConfigureAwait(false);
        Journal?.Dispose();
    }

    private void Coordinate(WorkSettings settings, ControlSettings control, ArtifactSettings exchange, JournalDatabase journal)
    {
        var repair = new CopyRepair(journal, _artifacts, Logging.GetLogger(_system, typeof(CopyRepair)));
        var parts = new CoordinatorParts(
            settings, control, _artifacts, TimeProvider.System, journal, journal.Heads, Props.Create(() => new CopyRepairActor(repair.RunAsync, exchange)));
        _system.ActorOf(
            ClusterSingletonManager.Props(
                Props.Create(() => new CoordinatorActor(parts)), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(_system)),
            Manager);
    }

    /// <summary>Workers finish their quantum; what they held goes to others at once.</summary>
    private async Task<Akka.Done> GiveBackAsync()
    {
        try
        {
            await Task.WhenAll(Workers.All.Select(worker => worker.Ask<WorkLeft>(new LeaveWork(), TimeSpan.FromSeconds(20)))).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            // What is held ends with the node, and is given again.
        }
        return Akka.Done.Instance;
    }

    private void End() => CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClusterDowningReason.Instance);
}

/// <summary>A node as another one sees it.</summary>
/// <param name="Status">Akka's name for it: joining, up, leaving, exiting, down, removed.</param>
/// <param name="Version">Of the program.</param>
public sealed record NodeMember(string Address, ImmutableArray<string> Roles, string Status, bool Reachable, string Version);
