using Akka.Actor;

namespace Sera.Actors.Work;

/// <summary>
/// A worker's side of leasing: at most one order, asked for, reported and asked again, on a beat that repeats whatever is due. Renewals come from
/// the scheduler and not from the worker's thread, which may be longer than a lease in one quantum, such as the writing of a large checkpoint; a
/// lease says that the worker's process lives, not that its work moves.
/// Belongs to one actor and is used on its thread.
/// </summary>
internal sealed class LeaseHolder(IActorRef self, IActorRef dispatcher, WorkKind capability, IScheduler scheduler, TimeSpan beat) : IDisposable
{
    private object? _report;
    private ICancelable? _renewal;

    /// <summary>The order in work; null while there is none or while its report is under way.</summary>
    public LeaseGranted? Held { get; private set; }

    /// <summary>Says what is due: the report that was not acknowledged, or a request.</summary>
    public void Beat()
    {
        if (_report is not null) Tell(_report);
        else if (Held is null) Tell(new RequestWork(capability));
    }

    /// <returns>Whether this is new work; a repeat is not.</returns>
    public bool Take(LeaseGranted granted)
    {
        if (Held is not null || _report is not null) return false;
        Held = granted;
        _renewal = scheduler.ScheduleTellRepeatedlyCancelable(beat, beat, dispatcher, new RenewLease(granted.Order.WorkId, granted.Attempt), self);
        return true;
    }

    public void Complete(WorkResult result) => Report(new WorkCompleted(Held!.Attempt, result));

    public void Fail(WorkFailureKind failure, string reason) => Report(new WorkFailed(Held!.Order.WorkId, Held.Attempt, failure, reason));

    public void Acknowledged()
    {
        if (_report is null) return;
        _report = null;
        Beat();
    }

    /// <returns>Whether it was the order in work, which is now to be dropped.</returns>
    public bool Revoked(LeaseRevoked revoked)
    {
        if (Held is not { } held || held.Order.WorkId != revoked.WorkId || held.Attempt != revoked.Attempt) return false;
        Drop();
        Beat();
        return true;
    }

    public void Dispose() => Drop();

    private void Report(object report)
    {
        Drop();
        _report = report;
        Tell(report);
    }

    private void Drop()
    {
        _renewal?.Cancel();
        (_renewal, Held) = (null, null);
    }

    private void Tell(object message) => dispatcher.Tell(message, self);
}
