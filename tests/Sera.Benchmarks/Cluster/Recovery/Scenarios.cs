using System.Diagnostics;
using Npgsql;
using Sera.Actors.Work;
using Sera.Host.Cluster;
using Sera.Testing.Nodes;
using Sera.Testing.Processes;

namespace Sera.Benchmarks.Cluster.Recovery;

/// <summary>
/// What can happen to a node, each measured from the moment the signal was sent or the process was started to the moment the cluster was seen to
/// have dealt with it, in seconds. Every scenario leaves the cluster whole.
/// </summary>
internal static class Scenarios
{
    private static readonly TimeSpan Leaving = TimeSpan.FromMinutes(2);

    /// <summary>kill -9 of a worker with an order, while another one is idle; nobody starts it again meanwhile.</summary>
    public static async Task<IReadOnlyList<(string Figure, double Seconds)>> KilledAsync(RecoveryCluster cluster)
    {
        var runId = await cluster.SubmitAsync(orders: 1);
        var (node, workId) = await cluster.HolderAsync(runId);
        node.LeaveAlone();
        var begun = Stopwatch.GetTimestamp();
        node.Kill();
        var released = AnotherHasAsync(cluster, node, workId);
        var unreachable = cluster.Watch.WhenAsync($"{node.Name} is unreachable", view => !RecoveryCluster.IsInReach(view, node), cluster.Stop);
        var figures = new[] { ("to unreachable", Since(begun, await unreachable)), ("to its order at another", Since(begun, await released)) };
        await cluster.EndAsync(runId);
        node.Start();
        await cluster.WholeAsync();
        return figures;
    }

    /// <summary>SIGSTOP of a worker with an order. When it goes on it finds itself removed, ends and is started again.</summary>
    public static async Task<IReadOnlyList<(string Figure, double Seconds)>> SuspendedAsync(RecoveryCluster cluster)
    {
        var runId = await cluster.SubmitAsync(orders: 1);
        var (node, workId) = await cluster.HolderAsync(runId);
        var ends = node.ExitCodes.Count;
        var begun = Stopwatch.GetTimestamp();
        node.Stop();
        var released = AnotherHasAsync(cluster, node, workId);
        var unreachable = cluster.Watch.WhenAsync($"{node.Name} is unreachable", view => !RecoveryCluster.IsInReach(view, node), cluster.Stop);
        var figures = new[] { ("to unreachable", Since(begun, await unreachable)), ("to its order at another", Since(begun, await released)) };
        await cluster.EndAsync(runId);
        // Woken only when it is out, so that it comes back as a new one.
        await cluster.Watch.WhenAsync(
            $"{node.Name} is removed", view => view.Members.All(member => !member.Address.EndsWith($":{node.Setup.Port}", StringComparison.Ordinal)), cluster.Stop);
        node.Continue();
        await Patience.UntilAsync(
            () => Task.FromResult(node.ExitCodes.Count > ends && node.Running), Leaving, () => $"{node.Name} did not end when it went on", cluster.Stop);
        await cluster.WholeAsync();
        return figures;
    }

    /// <summary>SIGTERM to a worker with an order.</summary>
    public static async Task<IReadOnlyList<(string Figure, double Seconds)>> LeavingAsync(RecoveryCluster cluster)
    {
        var runId = await cluster.SubmitAsync(orders: 1);
        var (node, workId) = await cluster.HolderAsync(runId);
        var begun = Stopwatch.GetTimestamp();
        var left = LeaveAsync(node);
        var released = await AnotherHasAsync(cluster, node, workId);
        var ended = await left;
        await cluster.EndAsync(runId);
        node.Start();
        await cluster.WholeAsync();
        return [("to its order at another", Since(begun, released)), ("to its end", Since(begun, ended))];
    }

    /// <summary>A scorer is started while an order waits for one.</summary>
    public static async Task<IReadOnlyList<(string Figure, double Seconds)>> JoiningAsync(RecoveryCluster cluster)
    {
        var node = cluster.Scorers[^1];
        await LeaveAsync(node);
        await cluster.Watch.WhenAsync($"{node.Name} is gone", view => !RecoveryCluster.IsInReach(view, node), cluster.Stop);
        var runId = await cluster.SubmitAsync(orders: 2);
        await cluster.HolderAsync(runId);
        var begun = Stopwatch.GetTimestamp();
        node.Start();
        var member = cluster.Watch.WhenAsync($"{node.Name} is a member", view => RecoveryCluster.IsInReach(view, node), cluster.Stop);
        var granted = await cluster.Watch.WhenAsync(
            $"{node.Name} has an order", view => view.Work.Workers.Any(worker => worker.RunId == runId && RecoveryCluster.Is(worker, node)), cluster.Stop);
        var joined = await member;
        await cluster.EndAsync(runId);
        await cluster.WholeAsync();
        return [("start to first order", Since(begun, granted)), ("joined to first order", Math.Max(0, Since(joined, granted)))];
    }

    /// <summary>kill -9 of the control node that carries the coordinator, while orders of a second each are in work.</summary>
    public static async Task<IReadOnlyList<(string Figure, double Seconds)>> LostCoordinatorAsync(RecoveryCluster cluster)
    {
        var runId = await cluster.SubmitAsync(RecoveryCluster.Pairs);
        await cluster.HolderAsync(runId);
        var process = await CoordinatorAsync(cluster);
        var node = cluster.Cluster.Harness.Control.Single(control => control.ProcessId == process);
        using var watch = cluster.WatchBy(cluster.Cluster.Harness.Control.First(control => control != node));
        var before = new HashSet<string>();
        await watch.WhenAsync("an order is in work", view => Held(view, runId).Any(), cluster.Stop);
        node.LeaveAlone();
        await watch.WhenAsync("what is in work at last", view =>
        {
            before.UnionWith(Held(view, runId));
            return true;
        }, cluster.Stop);
        var begun = Stopwatch.GetTimestamp();
        node.Kill();
        // Nobody answers before there is a new coordinator; what was granted by the old one until its end has ended long before.
        var answered = await watch.WhenAsync("there is a coordinator again", _ => Stopwatch.GetElapsedTime(begun) > TimeSpan.FromSeconds(1), cluster.Stop);
        var granted = await watch.WhenAsync("the new one has granted an order", view => Held(view, runId).Any(workId => !before.Contains(workId)), cluster.Stop);
        node.Start();
        await cluster.WholeAsync();
        await cluster.EndAsync(runId);
        return [("to an answer of the new coordinator", Since(begun, answered)), ("to its first order granted", Since(begun, granted))];
    }

    private static IEnumerable<string> Held(ClusterView view, string runId) =>
        view.Work.Workers.Where(worker => worker.RunId == runId && worker.Kind == WorkKind.Score).Select(worker => worker.WorkId).OfType<string>();

    private static Task<long> AnotherHasAsync(RecoveryCluster cluster, ClusterNode node, string workId) => cluster.Watch.WhenAsync(
        "the order is at another", view => view.Work.Workers.Any(worker => worker.WorkId == workId && !RecoveryCluster.Is(worker, node)), cluster.Stop);

    private static async Task<long> LeaveAsync(ClusterNode node)
    {
        var exitCode = await node.LeaveAsync(Leaving);
        return exitCode == 0 ? Stopwatch.GetTimestamp() : throw new InvalidOperationException($"{node.Name} ended with {exitCode} when it was asked to leave");
    }

    /// <returns>Process id of the coordinator's node, from the term it holds: machine, process, and a random part.</returns>
    private static async Task<int> CoordinatorAsync(RecoveryCluster cluster)
    {
        await using var connection = new NpgsqlConnection(cluster.Cluster.Harness.Journal);
        await connection.OpenAsync(cluster.Stop);
        await using var command = new NpgsqlCommand("SELECT holder FROM sera_coordinator", connection);
        var holder = (string)(await command.ExecuteScalarAsync(cluster.Stop))!;
        return int.Parse(holder.Split('-')[^2]);
    }

    private static double Since(long begun, long at) => Stopwatch.GetElapsedTime(begun, at).TotalSeconds;
}
