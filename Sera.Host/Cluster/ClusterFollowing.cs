using System.Runtime.CompilerServices;
using Sera.Actors.Hosting;
using Sera.Actors.Insight;
using Sera.Actors.Runs;

namespace Sera.Host.Cluster;

/// <summary>The updates of a run in a cluster, asked for on a beat; whatever falls out in between, the journal has every event.</summary>
internal static class ClusterFollowing
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    /// <summary>From the run's first event until it completed, failed, was paused or cancelled.</summary>
    public static async IAsyncEnumerable<RunUpdate> FollowAsync(ControlClient client, string runId, [EnumeratorCancellation] CancellationToken stop)
    {
        var follower = new RunFollower();
        while (true)
        {
            var events = await client.EventsAsync(runId, follower.Next, stop);
            foreach (var update in follower.Take(events)) yield return update;
            if (events.Count == RunRoutes.Page) continue;
            if (follower.State is { Status: not RunStatus.Running }) yield break;
            foreach (var update in follower.Take(await client.WorkAsync(runId, stop))) yield return update;
            await Task.Delay(Beat, stop);
        }
    }
}
