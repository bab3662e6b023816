using Akka.Actor;

namespace Sera.Actors.Work;

/// <summary>
/// A worker's side of leasing: at most one order, asked for, renewed, reported and asked again, on one beat that repeats whatever is due. Belongs to
/// one actor and is used on its thread.
/// </summary>
internal sealed class LeaseHolder(IActorRef self, IActorRef dispatcher, WorkKind capability)
{
    private object? _report;

    /// <summary>The order in work; null while there is none or while its report is under way.</summary>
    public LeaseGranted? Held { get; private set; }

    /// <summary>Says what is due: the report that was not acknowledged, a renewal, or a request.</summary>
    public void Beat()
    {
        if (_report is not null) Tell(_report);
        else if (Held is { } held) Tell(new RenewLease(held.Order.WorkId, held.Attempt));
        else Tell(new RequestWork(capability));
    }

    /// <returns>Whether this is new work; a repeat is not.</returns>
    public bool Take(LeaseGranted granted)
    {
        if (Held is not null || _report is not null) return false;
        Held = granted;
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
        Held = null;
        Beat();
        return true;
    }

    private void Report(object report)
    {
        (_report, Held) = (report, null);
        Tell(report);
    }

    private void Tell(object message) => dispatcher.Tell(message, self);
}
