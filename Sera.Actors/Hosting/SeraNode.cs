using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Configuration;
using Sera.Actors.Artifacts;
using Sera.Actors.Control;
using Sera.Actors.Insight;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Actors.Hosting;

/// <summary>A process that works on runs, all roles in one. Dispose it to stop; what it was doing goes on with the next resume.</summary>
public sealed class SeraNode : IAsyncDisposable
{
    private static readonly TimeSpan AskTimeout = TimeSpan.FromMinutes(1);
    private readonly NodeOptions _options;
    private readonly JournalFile _journal;
    private readonly ActorSystem _system;
    private readonly IActorRef _coordinator;
    private readonly LocalArtifacts _artifacts;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RunLock> _locks = [];

    private SeraNode(NodeOptions options, JournalFile journal, Config? overrides)
    {
        (_options, _journal) = (options, journal);
        var config = NodeConfiguration.Of(journal);
        _system = ActorSystem.Create("sera", overrides is null ? config : overrides.WithFallback(config));
        var settings = WorkSettings.From(_system.Settings.Config);
        _artifacts = new LocalArtifacts(new ArtifactStore(options.WorkFolder));
        var parts = new CoordinatorParts(settings, ControlSettings.From(_system.Settings.Config), _artifacts, TimeProvider.System);
        _coordinator = _system.ActorOf(Props.Create(() => new CoordinatorActor(parts)), "coordinator");
        var workers = new NodeWorkers(_system, WorkerSetup.Create(_coordinator, options.WorkFolder, settings, _artifacts, engine: options.Engine), options.CreateEngine);
        workers.Generate(options.Generators);
        workers.Score(options.Scorers);
        workers.Train(options.Trainers);
        workers.Decide();
    }

    /// <exception cref="InputException">The work folder cannot be written, or its journal is damaged.</exception>
    public static Task<SeraNode> StartAsync(NodeOptions options, CancellationToken cancellationToken = default) =>
        StartAsync(options, null, cancellationToken);

    /// <summary>Begins a run. Its inputs must be in the artifact store.</summary>
    /// <exception cref="InputException">The journal is damaged.</exception>
    public Task<RunReply> StartRunAsync(StartRun command, CancellationToken cancellationToken = default) =>
        RunIds.Fault(command.RunId) is { } fault
            ? Task.FromResult(new RunReply(command.RunId, RunReplyKind.Rejected, fault))
            : LockedAsync(command.RunId, () => AskAsync(command, cancellationToken));

    public Task<RunReply> ResumeRunAsync(string runId, CancellationToken cancellationToken = default) =>
        ResumeRunAsync(new ResumeRun(runId), cancellationToken);

    /// <summary>
    /// Goes on with a run that stopped or failed, after checking every artifact it still needs and cannot make again. A training checkpoint that
    /// is lost is no damage: its round trains again.
    /// </summary>
    /// <exception cref="InputException">The journal or an artifact is damaged; nothing was touched.</exception>
    public async Task<RunReply> ResumeRunAsync(ResumeRun command, CancellationToken cancellationToken = default)
    {
        if (RunIds.Fault(command.RunId) is not null || await RunHistory.ReadAsync(_options.WorkFolder, command.RunId).ConfigureAwait(false) is not { } state)
            return new RunReply(command.RunId, RunReplyKind.Unknown, $"there is no run {command.RunId}");
        if (state.Status == RunStatus.Completed)
            return new RunReply(command.RunId, RunReplyKind.Finished, $"run {command.RunId} has completed");
        return await LockedAsync(command.RunId, async () =>
        {
            await Task.Run(() => RunArtifacts.Verify(_options.WorkFolder, state), cancellationToken).ConfigureAwait(false);
            return await AskAsync(command, cancellationToken).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>
    /// Every event recorded since this node started or resumed the run, from the first, and the progress in between. Ends when the run completed or
    /// failed.
    /// </summary>
    /// <exception cref="InputException">The run stopped without failing, as when the disk is full; it can be resumed.</exception>
    /// <exception cref="InvalidOperationException">The run broke; it can be resumed.</exception>
    public async IAsyncEnumerable<RunUpdate> WatchAsync(string runId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (RunIds.Fault(runId) is { } fault) throw new ArgumentException(fault, nameof(runId));
        var updates = Channel.CreateUnbounded<RunUpdate>(new UnboundedChannelOptions { SingleReader = true });
        var watcher = _system.ActorOf(Props.Create(() => new RunWatcherActor(runId, _coordinator, updates.Writer, Stopped)));
        try
        {
            await foreach (var update in updates.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return update;
            }
        }
        finally
        {
            _system.Stop(watcher);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate().ConfigureAwait(false);
        await _artifacts.Finished.ConfigureAwait(false);
        lock (_gate)
        {
            foreach (var held in _locks.Values)
            {
                held.Dispose();
            }
            _locks.Clear();
        }
    }

    internal static Task<SeraNode> StartAsync(NodeOptions options, Config? overrides, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var journal = new JournalFile(options.WorkFolder);
            journal.Prepare();
            foreach (var folder in new[] { Path.Combine("artifacts", "tmp"), "index", "bases" })
            {
                Temporaries.Sweep(Path.Combine(options.WorkFolder, folder));
            }
            return new SeraNode(options, journal, overrides);
        },
        cancellationToken);

    private async Task<RunReply> LockedAsync(string runId, Func<Task<RunReply>> command)
    {
        bool accepted;
        lock (_gate)
        {
            accepted = _locks.ContainsKey(runId);
            if (!accepted)
            {
                if (RunLock.TryTake(_journal.Folder, runId) is not { } taken)
                    return new RunReply(runId, RunReplyKind.Rejected, $"another process works on run {runId}");
                _locks[runId] = taken;
            }
        }
        try
        {
            var reply = await command().ConfigureAwait(false);
            accepted |= reply.Kind == RunReplyKind.Accepted;
            return reply;
        }
        finally
        {
            if (!accepted) Release(runId);
        }
    }

    private void Release(string runId)
    {
        lock (_gate)
        {
            if (_locks.Remove(runId, out var held)) held.Dispose();
        }
    }

    private Task<RunReply> AskAsync(IRunCommand command, CancellationToken cancellationToken) =>
        _coordinator.Ask<RunReply>(command, AskTimeout, cancellationToken);

    private Exception Stopped(RunStopped stopped) => stopped.Failure switch
    {
        WorkFailureKind.Disk => new InputException(
            _options.WorkFolder, stopped.Reason, "space and the right to write", $"free some, then resume run {stopped.RunId}"),
        WorkFailureKind.Damaged => new InputException(_journal.Path, stopped.Reason, "an intact journal", "restore it from a copy"),
        _ => new InvalidOperationException($"run {stopped.RunId} stopped: {stopped.Reason}"),
    };
}
