using System.Runtime.CompilerServices;
using Sera.Actors.Hosting;
using Sera.Actors.Insight;
using Sera.Actors.Runs;
using Sera.Host.Runs;
using Sera.Model.Data;

namespace Sera.Host.Cluster;

/// <summary>The updates of a run in a cluster, asked for on a beat; whatever falls out in between, the journal has every event.</summary>
internal static class ClusterFollowing
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    /// <summary>Where a run stands now.</summary>
    /// <exception cref="InputException">The cluster has no such run.</exception>
    public static async Task<RunState> StateAsync(ControlClient client, string runId, CancellationToken stop)
    {
        var follower = new RunFollower();
        while (true)
        {
            var events = await client.EventsAsync(runId, follower.Next, stop);
            foreach (var _ in follower.Take(events))
            {
                // Only the last state counts.
            }
            if (events.Count < RunRoutes.Page) break;
        }
        return follower.State
            ?? throw new InputException(client.Address, $"no run '{runId}'", "a run of this cluster", $"list them with: sera runs --cluster {client.Address}");
    }

    /// <summary>The run that is named, or the newest.</summary>
    /// <exception cref="InputException">The cluster has none.</exception>
    public static async Task<string> FindAsync(ControlClient client, string? id, CancellationToken stop) =>
        id ?? (await client.GetAsync<ControlRun[]>("/runs", stop)).MaxBy(run => RunId.Suffix(run.RunId), StringComparer.Ordinal)?.RunId
        ?? throw new InputException(client.Address, "no run in this cluster", "at least one", $"start one with: sera run <file> --cluster {client.Address}");

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
