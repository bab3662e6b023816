using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using Sera.Actors.Control;

namespace Sera.Actors.Hosting;

/// <summary>
/// Ends the node when it must not go on: its coordinator was fenced off, the others speak to it no more, or no control node has been in reach for so
/// long that the cluster must be elsewhere.
/// </summary>
internal sealed class NodeWatchActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <param name="isJoined">Whether a control node is in reach.</param>
    /// <param name="patience">How long it may be out of reach, once it was in it.</param>
    public NodeWatchActor(Func<bool> isJoined, TimeSpan patience, Action end)
    {
        var beats = 0;
        var joined = false;
        Context.System.EventStream.Subscribe(Self, typeof(CoordinatorFenced));
        Context.System.EventStream.Subscribe(Self, typeof(ThisActorSystemQuarantinedEvent));
        Timers!.StartPeriodicTimer(Look.Instance, Look.Instance, Beat);
        Receive<Look>(_ =>
        {
            // Beats are counted, not time, so that a machine that slept gives everybody a chance to be seen again.
            beats = isJoined() ? 0 : beats + 1;
            joined |= beats == 0;
            if (!joined || beats * Beat < patience) return;
            Context.GetLogger().Error("no control node in reach for {0:0} s; this node ends and joins again", patience.TotalSeconds);
            Timers.CancelAll();
            end();
        });
        ReceiveAny(_ => end());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private sealed class Look : INoSerializationVerificationNeeded
    {
        public static readonly Look Instance = new();
    }
}
