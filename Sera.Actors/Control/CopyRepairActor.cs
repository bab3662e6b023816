using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Sera.Actors.Artifacts;

namespace Sera.Actors.Control;

/// <summary>
/// Sees to it that what runs need survives the loss of the next node: counts the copies when the coordinator begins, a while after a member came or
/// went, and now and then, and makes those that are missing. One pass at a time, on tasks; what failed or is still missing is tried again, less and
/// less often.
/// </summary>
internal sealed class CopyRepairActor : ReceiveActor, IWithTimers
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ArtifactSettings _settings;
    private TimeSpan _pause;
    private bool _running;
    private bool _again;

    /// <param name="repair">One pass, which takes no time of the caller; not called again before it is done.</param>
    public CopyRepairActor(Func<CancellationToken, Task<RepairedCopies>> repair, ArtifactSettings settings)
    {
        (_settings, _pause) = (settings, settings.RepairAfter);
        Receive<ClusterEvent.IMemberEvent>(_ =>
        {
            _pause = settings.RepairAfter;
            if (_running) _again = true;
            else Next(_pause); // anew with every change, so that a cluster that starts is counted when all are there
        });
        Receive<Pass>(_ =>
        {
            _running = true;
            repair(_stopping.Token).PipeTo(Self);
        });
        Receive<RepairedCopies>(Done);
        Receive<Status.Failure>(failed =>
        {
            _log.Warning("the copies of what runs need could not be counted: {0}", failed.Cause.GetBaseException().Message);
            GoOn(complete: false);
        });
        ReceiveAny(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        if (Context.System.HasExtension<Cluster>())
            Cluster.Get(Context.System).Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.MemberUp), typeof(ClusterEvent.MemberRemoved));
        Next(_pause);
    }

    protected override void PostStop()
    {
        if (Context.System.HasExtension<Cluster>()) Cluster.Get(Context.System).Unsubscribe(Self);
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private void Done(RepairedCopies report)
    {
        var complete = report is { Scarce: 0, Lost.IsEmpty: true };
        if (complete) _log.Info("the {0} artifacts that runs need have copies enough; those of {1} were made now", report.Checked, report.Repaired);
        if (report.Scarce > 0) _log.Warning("{0} of {1} artifacts that runs need have too few copies; tried again in a while", report.Scarce, report.Checked);
        if (report.Lost.Length > 0) _log.Warning("no member holds {0} of {1} artifacts that runs need, such as {2}", report.Lost.Length, report.Checked, report.Lost[0]);
        GoOn(complete);
    }

    private void GoOn(bool complete)
    {
        _running = false;
        if (_again || complete) _pause = _settings.RepairAfter;
        Next(complete && !_again ? _settings.RepairEvery : _pause);
        if (!complete && !_again) _pause = _pause * 2 < _settings.RepairEvery ? _pause * 2 : _settings.RepairEvery;
        _again = false;
    }

    private void Next(TimeSpan pause) => Timers.StartSingleTimer(Pass.Instance, Pass.Instance, pause);

    private sealed class Pass : INoSerializationVerificationNeeded
    {
        public static readonly Pass Instance = new();
    }
}
