using Akka.Actor;
using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>
/// A worker's side of leasing: at most one order, asked for, reported and asked again, on a beat that repeats whatever is due. Renewals come from
/// the scheduler and not from the worker's thread, which may be longer than a lease in one quantum, such as the writing of a large checkpoint; a
/// lease says that the worker's process lives, not that its work moves. It does not matter whether the dispatcher that granted it still lives.
/// Belongs to one actor and is used on its thread.
/// </summary>
/// <param name="request">Asks for work.</param>
/// <param name="hasRoom">Whether the disk that refused takes files again; asked before the worker asks for work again.</param>
/// <param name="mayAsk">Whether it could begin an order now; null = always.</param>
internal sealed class LeaseHolder(
    IActorRef self, IActorRef dispatcher, RequestWork request, IScheduler scheduler, WorkSettings settings, Func<bool> hasRoom, Func<bool>? mayAsk = null)
    : IDisposable
{
    private int _restingBeats;
    private Report? _report;
    private Renewal? _renewal;
    private bool _leaving;

    /// <summary>The order in work; null while there is none or while its report is under way.</summary>
    public LeaseGranted? Held { get; private set; }

    /// <summary>Nothing held and nothing to report.</summary>
    public bool IsIdle => Held is null && _report is null;

    /// <summary>Says what is due: the report that was not acknowledged, or a request.</summary>
    public void Beat()
    {
        if (_report is not null) Tell(_report.Message);
        else if (Held is null && !_leaving && IsRested() && mayAsk?.Invoke() != false) Tell(request);
    }

    /// <returns>Whether this is new work; a repeat is not, and who leaves takes none.</returns>
    public bool Take(LeaseGranted granted)
    {
        if (!IsIdle) return false;
        if (_leaving)
        {
            Tell(new ReturnLease(granted.Order.WorkId, granted.Attempt));
            return false;
        }
        Held = granted;
        var renewal = _renewal = new Renewal(new RenewLease(granted.Order.WorkId, granted.Attempt, null, request.Device));
        renewal.Repeated = scheduler.Advanced.ScheduleRepeatedlyCancelable(settings.Beat, settings.Beat, () => Tell(renewal.Message));
        return true;
    }

    /// <summary>How far the order in work is; told with the renewals.</summary>
    public void Progressed(WorkProgress progress)
    {
        if (_renewal is { } renewal) renewal.Message = renewal.Message with { Progress = progress };
    }

    public void Complete(WorkResult result) => Say(new Report(result.WorkId, Held!.Attempt, new WorkCompleted(Held.Attempt, result)));

    /// <summary>After a full disk the worker takes nothing for a while: it would do the next order for nothing, and faster than those who can.</summary>
    public void Fail(WorkFailureKind failure, string reason)
    {
        if (failure == WorkFailureKind.Disk) _restingBeats = Rest;
        var (workId, attempt) = (Held!.Order.WorkId, Held.Attempt);
        Say(new Report(workId, attempt, new WorkFailed(workId, attempt, failure, reason)));
    }

    /// <summary>Of a report, which may have been repeated; so may its acknowledgement, which says nothing about a later one.</summary>
    public void Acknowledged(WorkAcknowledged acknowledged)
    {
        if (_report is not { } report || report.WorkId != acknowledged.WorkId || report.Attempt != acknowledged.Attempt) return;
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

    /// <summary>Asks for nothing more.</summary>
    public void Leave() => _leaving = true;

    /// <summary>Gives back the order in work.</summary>
    public void Return()
    {
        var returned = new ReturnLease(Held!.Order.WorkId, Held.Attempt);
        Drop();
        Tell(returned);
    }

    public void Dispose() => Drop();

    private int Rest => (int)Math.Ceiling(settings.DiskRest / settings.Beat);

    /// <summary>Beats are counted, so that no jump of the clock matters.</summary>
    private bool IsRested()
    {
        if (_restingBeats == 0) return true;
        if (--_restingBeats > 0) return false;
        if (!hasRoom()) _restingBeats = Rest;
        return _restingBeats == 0;
    }

    private void Say(Report report)
    {
        Drop();
        _report = report;
        Tell(report.Message);
    }

    private void Drop()
    {
        _renewal?.Repeated?.Cancel();
        (_renewal, Held) = (null, null);
    }

    private void Tell(object message) => dispatcher.Tell(message, self);

    private sealed record Report(string WorkId, int Attempt, object Message);

    /// <summary>Written on the worker's thread, read on the scheduler's.</summary>
    private sealed class Renewal(RenewLease first)
    {
        public volatile RenewLease Message = first;

        public ICancelable? Repeated { get; set; }
    }
}
