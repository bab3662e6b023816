using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using Sera.Actors.Artifacts;
using Sera.Actors.Control;
using Sera.Actors.Journals;
using Sera.Actors.Work;

namespace Sera.Actors.Runs;

/// <summary>
/// One run: judges commands by <see cref="RunDecider"/>, records what follows, then answers and announces what is outstanding. Recovery alone starts
/// no work: a run works in this process only after a start or a resume was recorded here, which also gives it a new epoch.
/// </summary>
internal sealed class RunActor : ReceivePersistentActor, IWithTimers
{
    private const int OrdersInMessage = 64;
    private readonly string _runId;
    private readonly IActorRef _dispatcher;
    private readonly WorkSettings _settings;
    private readonly IArtifactSupply _artifacts;
    private readonly TimeProvider _clock;
    private readonly List<RunRecorded> _session = [];
    private readonly HashSet<IActorRef> _watchers = [];
    private readonly HashSet<string> _announced = [];
    private RunState? _state;

    public RunActor(string runId, IActorRef dispatcher, CoordinatorParts parts)
    {
        (_runId, _dispatcher, _settings, _artifacts, _clock) = (runId, dispatcher, parts.Work, parts.Artifacts, parts.Clock);
        Recover<IRunEvent>(e =>
        {
            _state = RunEvolution.Evolve(_state, e);
            if (_state.Events != LastSequenceNr) throw new JournalDamagedException($"event {_state.Events} of run {runId} is missing");
        });
        Command<GiveUpWork>(g => g.Failure == WorkFailureKind.Disk, StopResumable);
        Command<IRunCommand>(Judge);
        Command<WatchRun>(_ => Watch());
        Command<Terminated>(t => _watchers.Remove(t.ActorRef));
        Command<AnnounceTick>(_ => Announce(repeat: true));
    }

    public override string PersistenceId => "run-" + _runId;

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        Stopping(WorkFailureKind.Disk, $"the journal cannot be written: {cause.Message}");

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        Stopping(WorkFailureKind.Other, $"the journal refuses an event: {cause.Message}");
        Context.Stop(Self);
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        Stopping(JournalDatabase.IsAway(reason) ? WorkFailureKind.Disk : WorkFailureKind.Damaged, $"the journal cannot be read: {reason.Message}");

    private void Judge(IRunCommand command)
    {
        var sender = Sender;
        switch (RunDecider.Decide(_state, command, _clock.GetUtcNow()))
        {
            case Decision.Reject rejected:
                sender.Tell(rejected.Reply);
                break;
            case Decision.Nothing:
                Acknowledge(command);
                break;
            case Decision.Accept accepted:
                var left = accepted.Events.Length;
                PersistAll(accepted.Events, e =>
                {
                    Apply(e);
                    if (--left > 0) return;
                    if (accepted.Reply is { } reply)
                    {
                        sender.Tell(reply);
                        Timers.StartPeriodicTimer(AnnounceTick.Instance, AnnounceTick.Instance, _settings.Announce);
                    }
                    Acknowledge(command);
                    Announce(repeat: accepted.Reply is not null);
                });
                break;
        }
    }

    private void Apply(IRunEvent e)
    {
        _state = RunEvolution.Evolve(_state, e);
        var recorded = new RunRecorded(e, _state);
        _session.Add(recorded);
        Context.Parent.Tell(new RunAlive(_runId));
        if (e is TrainingCheckpointed or RoundTrained or RunResumed) _artifacts.Discard(RunArtifacts.Superseded(_state));
        if (e is CheckpointsLost lost)
            Context.GetLogger().Warning("run {0}: round {1} trains again from its start: {2}", _runId, lost.Round, lost.Reason);
        foreach (var watcher in _watchers)
        {
            watcher.Tell(recorded);
        }
    }

    /// <summary>What comes under another epoch is left alone: the dispatcher forgot it, and may know the same order under this one.</summary>
    private void Acknowledge(IRunCommand command)
    {
        var (workId, epoch) = command switch
        {
            RecordWork record => (record.Result.WorkId, record.Epoch),
            GiveUpWork given => (given.WorkId, given.Epoch),
            _ => (null, 0),
        };
        if (workId is not null && epoch == _state?.Epoch) _dispatcher.Tell(new WorkRecorded(_runId, workId));
    }

    /// <param name="repeat">Everything outstanding, not only what is new.</param>
    private void Announce(bool repeat)
    {
        if (_state is not { } state) return;
        if (state.Status != RunStatus.Running)
        {
            _dispatcher.Tell(new WithdrawWork(_runId, state.Epoch));
            Timers.Cancel(AnnounceTick.Instance);
            return;
        }
        if (repeat) _announced.Clear();
        foreach (var orders in RunWork.Outstanding(state).Where(o => _announced.Add(o.WorkId)).Chunk(OrdersInMessage))
        {
            _dispatcher.Tell(new AnnounceWork(_runId, state.Epoch, [.. orders]));
        }
    }

    private void Watch()
    {
        foreach (var recorded in _session)
        {
            Sender.Tell(recorded);
        }
        if (_watchers.Add(Sender)) Context.Watch(Sender);
    }

    private void StopResumable(GiveUpWork given)
    {
        if (_state is not { } state || given.Epoch != state.Epoch) return;
        _dispatcher.Tell(new WithdrawWork(_runId, state.Epoch));
        Stopping(given.Failure, given.Reason);
        Context.Stop(Self);
    }

    private void Stopping(WorkFailureKind failure, string reason)
    {
        var stopped = new RunStopped(_runId, failure, reason);
        Context.Parent.Tell(stopped);
        foreach (var watcher in _watchers)
        {
            watcher.Tell(stopped);
        }
    }

    private sealed class AnnounceTick : INoSerializationVerificationNeeded
    {
        public static readonly AnnounceTick Instance = new();
    }
}
