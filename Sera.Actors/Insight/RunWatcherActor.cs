using System.Threading.Channels;
using Akka.Actor;
using Sera.Actors.Hosting;
using Sera.Actors.Runs;

namespace Sera.Actors.Insight;

/// <summary>Turns what a run records and what its workers say into one stream of updates, which ends when the run does.</summary>
internal sealed class RunWatcherActor : ReceiveActor
{
    public RunWatcherActor(string runId, IActorRef runs, ChannelWriter<RunUpdate> updates, Func<RunStopped, Exception> stop)
    {
        var progress = new RunProgress();
        Context.System.EventStream.Subscribe(Self, typeof(WorkProgressed));
        Context.System.EventStream.Subscribe(Self, typeof(RunStopped));
        runs.Tell(new WatchRun(runId));

        Receive<RunRecorded>(recorded =>
        {
            progress.Recorded(recorded.State);
            updates.TryWrite(new RunUpdate.Recorded(recorded.Event, recorded.State));
            if (recorded.State.Status != RunStatus.Running) updates.TryComplete();
        });
        Receive<WorkProgressed>(heard => heard.Order.RunId == runId, heard =>
        {
            if (progress.Heard(heard) is { } update) updates.TryWrite(update);
        });
        Receive<RunStopped>(stopped => stopped.RunId == runId, stopped => updates.TryComplete(stop(stopped)));
    }
}
