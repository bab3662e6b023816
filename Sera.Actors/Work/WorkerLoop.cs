using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Sera.Actors.Insight;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>
/// What every worker actor does with its orders: look them up in the index, obtain their inputs, open them, advance them one quantum a message,
/// secure, record and report the result, and turn whatever goes wrong into a report. Belongs to one actor and is used on its thread; what takes
/// time elsewhere comes back as a message, which counts only while its lease is held.
/// </summary>
/// <param name="open">Begins an order.</param>
/// <param name="fingerprint">Of what computes the results; null where they are the same everywhere.</param>
/// <param name="discard">Drops what may be broken after a failure.</param>
/// <param name="turn">On the device; null = it has it for itself.</param>
internal sealed class WorkerLoop(
    WorkKind capability, WorkerSetup setup, Func<WorkOrder, IWorkSession> open, Func<string>? fingerprint = null, Action? discard = null, DeviceTurn? turn = null)
    : IDisposable
{
    private readonly Stopwatch _worked = new();
    private readonly Stopwatch _computed = new();
    private readonly Stopwatch _quiet = new();
    private readonly List<IActorRef> _leavers = [];
    private LeaseHolder _lease = null!;
    private IActorContext _context = null!;
    private IActorRef _self = null!;
    private Akka.Event.EventStream _events = null!;
    private CancellationTokenSource _elsewhere = new();
    private IWorkSession? _session;
    private bool _finished;

    public void Start(IActorContext context, ITimerScheduler timers)
    {
        (_context, _self, _events) = (context, context.Self, context.System.EventStream);
        turn?.Join(_self);
        var request = new RequestWork(capability, setup.Device, capability.NeedsEngine() ? setup.Engine : EngineKind.F32);
        _lease = new LeaseHolder(
            _self, setup.Dispatcher, request, context.System.Scheduler, setup.Settings, setup.Store.HasRoom, turn is null ? null : () => turn.TryTake(_self));
        timers.StartPeriodicTimer(Step.Beat, Step.Beat, setup.Settings.Beat);
        _lease.Beat();
    }

    /// <summary>Orders begun so far.</summary>
    public long Begun { get; private set; }

    /// <summary>Nothing held and nothing to report.</summary>
    public bool IsIdle => _lease.IsIdle;

    /// <returns>Whether the message was one of a worker's.</returns>
    public bool Handle(object message)
    {
        switch (message)
        {
            case LeaseGranted granted:
                if (_lease.Take(granted)) Guarded(Begin);
                break;
            case Step step:
                Take(step);
                break;
            case LeaseRevoked revoked:
                if (_lease.Revoked(revoked)) Close();
                break;
            case TurnEnded:
                if (_lease.IsIdle) _lease.Beat();
                break;
            case WorkAcknowledged acknowledged:
                _lease.Acknowledged(acknowledged);
                break;
            case LeaveWork:
                Leave();
                break;
            default:
                if (!Hear(message)) return false;
                break;
        }
        if (_leavers.Count > 0 && _lease.IsIdle) SayLeft();
        return true;
    }

    /// <summary>Gives the order back; for a worker about to be restarted or stopped.</summary>
    public void Abandon(string reason)
    {
        if (_lease?.Held is not null) _lease.Fail(WorkFailureKind.Other, reason);
    }

    public void Dispose()
    {
        Close();
        _elsewhere.Dispose();
        _lease?.Dispose();
        if (_self is not null) turn?.End(_self);
    }

    private void Take(Step step)
    {
        if (step.Kind == StepKind.Beat)
        {
            _lease.Beat();
            (_session as IWaitingSession)?.Beat();
        }
        else if (step.Lease is not null && ReferenceEquals(step.Lease, _lease.Held)) Guarded(() => Go(step));
    }

    private void Go(Step step)
    {
        switch (step)
        {
            case { Failure: { } failure }:
                Close();
                _lease.Fail(WorkFailures.Classify(failure), WorkFailures.Describe(failure));
                break;
            case { Kind: StepKind.Obtained }:
                Open();
                break;
            case { Kind: StepKind.Secured }:
                // What lives for one optimizer step is gone before anybody could look it up.
                if (!step.WasKnown && !ResultIndex.ArtifactsOf(step.Result!).Any(a => a.IsTransient)) setup.Index.Record(step.Result!, fingerprint?.Invoke());
                _lease.Complete(step.Result!);
                break;
            default:
                Advance();
                break;
        }
    }

    private void Begin()
    {
        _finished = false;
        Begun++;
        var held = _lease.Held!;
        if (setup.Index.Find(held.Order, fingerprint?.Invoke()) is { } done)
        {
            // A superseded checkpoint is gone, and nobody misses it.
            Secure(done, [.. ResultIndex.ArtifactsOf(done).Where(setup.Store.Contains)], wasKnown: true);
            return;
        }
        var inputs = WorkInputs.Of(held.Order);
        Await(setup.Supply.ObtainAsync(inputs.Artifacts, inputs.Policies, _elsewhere.Token), new Step(StepKind.Obtained, held));
    }

    private void Open()
    {
        var held = _lease.Held!;
        _worked.Restart();
        _computed.Reset();
        _session = open(held.Order);
        _quiet.Restart();
        Tell(held);
        _self.Tell(new Step(StepKind.Advance, held));
    }

    private void Advance()
    {
        var held = _lease.Held!;
        _computed.Start();
        var more = _session!.Advance();
        _computed.Stop();
        if (!more || _quiet.Elapsed >= setup.Settings.Progress)
        {
            Tell(held);
            _quiet.Restart();
        }
        if (more)
        {
            if (_session is not IWaitingSession { IsWaiting: true }) _self.Tell(new Step(StepKind.Advance, held));
            return;
        }
        var effort = new Effort(capability, 0, _session.Progress.Tokens);
        var result = _session.Finish(new WorkResult(held.Order.WorkId, effort));
        result = result with { Effort = effort with { Seconds = Math.Round(_worked.Elapsed.TotalSeconds, 3), Computed = Math.Round(_computed.Elapsed.TotalSeconds, 3) } };
        CloseSession();
        Secure(result, [.. ResultIndex.ArtifactsOf(result).Where(a => !a.IsTransient)], wasKnown: false);
    }

    private void Secure(WorkResult result, ImmutableArray<ArtifactRef> artifacts, bool wasKnown)
    {
        _finished = true;
        turn?.End(_self);
        Await(setup.Supply.SecureAsync(artifacts, _elsewhere.Token), new Step(StepKind.Secured, _lease.Held, result, wasKnown));
    }

    /// <summary>Goes on at once where there is nothing to wait for, as on a node that is alone.</summary>
    private void Await(Task task, Step done)
    {
        if (task.IsCompletedSuccessfully) Go(done);
        else task.PipeTo(_self, _self, () => done, failure => done with { Failure = failure });
    }

    private void Tell(LeaseGranted held)
    {
        _lease.Progressed(_session!.Progress);
        _events.Publish(new WorkProgressed(held.Order, _session.Progress));
    }

    private bool Hear(object message)
    {
        if (_session is not IWaitingSession session || !session.IsFor(message)) return false;
        Guarded(() =>
        {
            var waited = session.IsWaiting;
            session.Hear(message);
            if (waited && !session.IsWaiting) _self.Tell(new Step(StepKind.Advance, _lease.Held));
        });
        return true;
    }

    private void Guarded(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e)
        {
            Close();
            discard?.Invoke();
            // It was whole when it was obtained, so it is this node's copy that decayed; the next attempt gets another.
            var mended = e is DamagedArtifactException damaged && setup.Supply.Doubt(damaged.Artifact);
            _lease.Fail(mended ? WorkFailureKind.Other : WorkFailures.Classify(e), WorkFailures.Describe(e));
        }
    }

    /// <summary>What is finished is only to be secured and reported; anything else somebody else does sooner.</summary>
    private void Leave()
    {
        _leavers.Add(_context.Sender);
        _lease.Leave();
        turn?.End(_self);
        if (_lease.Held is null || _finished) return;
        Close();
        _lease.Return();
    }

    private void SayLeft()
    {
        foreach (var leaver in _leavers)
        {
            leaver.Tell(new WorkLeft());
        }
        _leavers.Clear();
    }

    private void Close()
    {
        CloseSession();
        _elsewhere.Cancel();
        _elsewhere.Dispose();
        _elsewhere = new CancellationTokenSource();
    }

    private void CloseSession()
    {
        _session?.Dispose();
        _session = null;
    }

    private enum StepKind
    {
        Beat,
        Obtained,
        Advance,
        Secured,
    }

    /// <summary>What the worker tells itself.</summary>
    /// <param name="Lease">For which it holds.</param>
    /// <param name="WasKnown">The result was in the index before.</param>
    private sealed record Step(StepKind Kind, LeaseGranted? Lease, WorkResult? Result = null, bool WasKnown = false, Exception? Failure = null)
        : INoSerializationVerificationNeeded
    {
        public static readonly Step Beat = new(StepKind.Beat, null);
    }
}
