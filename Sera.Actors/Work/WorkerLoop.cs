using System.Diagnostics;
using Akka.Actor;
using Sera.Actors.Insight;

namespace Sera.Actors.Work;

/// <summary>
/// What every worker actor does with its orders: look them up in the index, open them, advance them one quantum a message, record and report the
/// result, and turn whatever goes wrong into a report. Belongs to one actor and is used on its thread.
/// </summary>
/// <param name="open">Begins an order.</param>
/// <param name="fingerprint">Of what computes the results; null where they are the same everywhere.</param>
/// <param name="discard">Drops what may be broken after a failure.</param>
internal sealed class WorkerLoop(WorkKind capability, WorkerSetup setup, Func<WorkOrder, IWorkSession> open, Func<string>? fingerprint = null, Action? discard = null)
    : IDisposable
{
    private readonly Stopwatch _worked = new();
    private readonly Stopwatch _quiet = new();
    private LeaseHolder _lease = null!;
    private IActorRef _self = null!;
    private Akka.Event.EventStream _events = null!;
    private IWorkSession? _session;

    public void Start(IActorContext context, ITimerScheduler timers)
    {
        (_self, _events) = (context.Self, context.System.EventStream);
        _lease = new LeaseHolder(_self, setup.Dispatcher, capability, context.System.Scheduler, setup.Settings.Beat);
        timers.StartPeriodicTimer(Step.Beat, Step.Beat, setup.Settings.Beat);
        _lease.Beat();
    }

    /// <returns>Whether the message was one of a worker's.</returns>
    public bool Handle(object message)
    {
        switch (message)
        {
            case LeaseGranted granted when _lease.Take(granted):
                Guarded(Begin);
                return true;
            case Step { IsAdvance: true } step when _session is not null && ReferenceEquals(step.Attempt, _lease.Held):
                Guarded(Advance);
                return true;
            case Step { IsAdvance: false }:
                _lease.Beat();
                (_session as IWaitingSession)?.Beat();
                return true;
            case LeaseRevoked revoked:
                if (_lease.Revoked(revoked)) Close();
                return true;
            case WorkAcknowledged:
                _lease.Acknowledged();
                return true;
            default:
                return message is LeaseGranted or Step || Hear(message);
        }
    }

    /// <summary>Gives the order back; for a worker about to be restarted or stopped.</summary>
    public void Abandon(string reason)
    {
        if (_lease?.Held is not null) _lease.Fail(WorkFailureKind.Other, reason);
    }

    public void Dispose()
    {
        Close();
        _lease?.Dispose();
    }

    private void Begin()
    {
        var order = _lease.Held!.Order;
        _worked.Restart();
        if (setup.Index.Find(order, fingerprint?.Invoke()) is { } done)
        {
            _lease.Complete(done);
            return;
        }
        _session = open(order);
        _quiet.Restart();
        _events.Publish(new WorkProgressed(order, _session.Progress));
        _self.Tell(new Step(true, _lease.Held));
    }

    private void Advance()
    {
        var held = _lease.Held!;
        var more = _session!.Advance();
        if (!more || _quiet.Elapsed >= setup.Settings.Progress)
        {
            _events.Publish(new WorkProgressed(held.Order, _session.Progress));
            _quiet.Restart();
        }
        if (more)
        {
            if (_session is not IWaitingSession { IsWaiting: true }) _self.Tell(new Step(true, held));
            return;
        }
        var effort = new Effort(capability, 0, _session.Progress.Tokens);
        var result = _session.Finish(new WorkResult(held.Order.WorkId, effort));
        result = result with { Effort = effort with { Seconds = Math.Round(_worked.Elapsed.TotalSeconds, 3) } };
        // What lives for one optimizer step is gone before anybody could look it up.
        if (!ResultIndex.ArtifactsOf(result).Any(a => a.IsTransient)) setup.Index.Record(result, fingerprint?.Invoke());
        Close();
        _lease.Complete(result);
    }

    private bool Hear(object message)
    {
        if (_session is not IWaitingSession session || !session.IsFor(message)) return false;
        Guarded(() =>
        {
            var waited = session.IsWaiting;
            session.Hear(message);
            if (waited && !session.IsWaiting) _self.Tell(new Step(true, _lease.Held));
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
            _lease.Fail(WorkFailures.Classify(e), WorkFailures.Describe(e));
        }
    }

    private void Close()
    {
        _session?.Dispose();
        _session = null;
    }

    private sealed record Step(bool IsAdvance, LeaseGranted? Attempt) : INoSerializationVerificationNeeded
    {
        public static readonly Step Beat = new(false, null);
    }
}
