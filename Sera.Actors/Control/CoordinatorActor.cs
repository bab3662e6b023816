using Akka.Actor;
using Akka.Event;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Actors.Work;

namespace Sera.Actors.Control;

/// <summary>
/// The one place of a cluster that decides: the runs and the dispatcher of their work, as its children. It coordinates only while it holds the term;
/// before that, and after it lost it, what reaches it is dropped, since whoever sent it asks again. A new coordinator goes on with every run
/// that was at work.
/// </summary>
internal sealed class CoordinatorActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan TermPoll = TimeSpan.FromSeconds(1);
    private readonly CoordinatorParts _parts;
    private readonly string _holder = $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.NewGuid():n}";
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private IActorRef _work = ActorRefs.Nobody;
    private IActorRef _runs = ActorRefs.Nobody;
    private DateTimeOffset _asked;
    private long _term;
    private bool _deaf;

    public CoordinatorActor(CoordinatorParts parts)
    {
        _parts = parts;
        if (parts.Term is null) Lead();
        else Become(Waiting);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        _asked = _parts.Clock.GetUtcNow();
        if (_parts.Term is not null) Take();
        else ReadHeads();
    }

    protected override void PostStop()
    {
        if (_term > 0) _ = _parts.Term!.ReleaseAsync(_term).ContinueWith(t => t.Exception, TaskScheduler.Default);
    }

    private void Waiting()
    {
        Receive<TermAnswer>(answer =>
        {
            if (answer.Term is { } term)
            {
                _term = term;
                _log.Info("coordinates under term {0}", term);
                Become(Lead);
                Timers.StartPeriodicTimer(Renew.Instance, Renew.Instance, _parts.Control.Renew);
                ReadHeads();
                return;
            }
            Hears(answer.Failure);
            if (answer.Failure is not null) _asked = _parts.Clock.GetUtcNow();
            if (_parts.Clock.GetUtcNow() - _asked > _parts.Control.TermPatience)
                Fenced("another coordinator, which is not of this cluster, keeps the journal");
            else
                Timers.StartSingleTimer(Retake.Instance, Retake.Instance, TermPoll);
        });
        Receive<Retake>(_ => Take());
        ReceiveAny(_ => { });
    }

    private void Lead()
    {
        _work = Context.ActorOf(Props.Create(() => new WorkDispatcherActor(_parts.Work, _parts.Clock)), "work");
        _runs = Context.ActorOf(Props.Create(() => new RunsActor(_work, _parts)), "runs");
        if (_parts.Repair is { } repair) Context.ActorOf(repair, "repair");
        Receive<Renew>(_ => _parts.Term!.RenewAsync(_term).PipeTo(Self, success: held => new RenewAnswer(held, null), failure: e => new RenewAnswer(true, e)));
        Receive<RenewAnswer>(answer =>
        {
            Hears(answer.Failure);
            if (!answer.Held) Fenced("another coordinator has taken the journal over");
        });
        Receive<Heads>(heads =>
        {
            foreach (var head in heads.Runs.Where(head => head.Works)) _runs.Tell(new ResumeRun(head.RunId, OnlyIfWorking: true), ActorRefs.NoSender);
        });
        Receive<Status.Failure>(failed =>
        {
            Hears(failed.Cause);
            Timers.StartSingleTimer(ReadAgain.Instance, ReadAgain.Instance, _parts.Control.Renew);
        });
        Receive<ReadAgain>(_ => ReadHeads());
        Receive<IRunCommand>(_runs.Forward);
        Receive<WatchRun>(_runs.Forward);
        ReceiveAny(_work.Forward);
    }

    private void Take() => _parts.Term!.TryTakeAsync(_holder).PipeTo(Self, success: term => new TermAnswer(term, null), failure: e => new TermAnswer(null, e));

    private void ReadHeads()
    {
        if (_parts.ReadHeads is { } read) Task.Run(() => new Heads(read())).PipeTo(Self);
    }

    private void Fenced(string reason)
    {
        _term = 0;
        _log.Error("{0}; this node ends and joins again", reason);
        Context.System.EventStream.Publish(new CoordinatorFenced(reason));
        Context.Stop(Self);
    }

    /// <summary>Says once that the journal's database went away, and once that it is back.</summary>
    private void Hears(Exception? failure)
    {
        if (failure is not null == _deaf) return;
        _deaf = failure is not null;
        if (_deaf) _log.Warning("the journal does not answer and is waited for: {0}", failure!.GetBaseException().Message);
        else _log.Warning("the journal answers again");
    }

    private sealed record TermAnswer(long? Term, Exception? Failure) : INoSerializationVerificationNeeded;

    private sealed record RenewAnswer(bool Held, Exception? Failure) : INoSerializationVerificationNeeded;

    private sealed record Heads(IReadOnlyList<RunHead> Runs) : INoSerializationVerificationNeeded;

    private sealed class Retake : INoSerializationVerificationNeeded
    {
        public static readonly Retake Instance = new();
    }

    private sealed class Renew : INoSerializationVerificationNeeded
    {
        public static readonly Renew Instance = new();
    }

    private sealed class ReadAgain : INoSerializationVerificationNeeded
    {
        public static readonly ReadAgain Instance = new();
    }
}
