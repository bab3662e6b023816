using Sera.Actors.Work;
using Sera.Host.Cluster;
using Sera.Testing.Nodes;

namespace Sera.Benchmarks.Cluster.Recovery;

/// <summary>Three control nodes and two scorers, and runs whose orders take as long as a scenario needs.</summary>
internal sealed class RecoveryCluster(SimulatedCluster cluster, Workload workload, ClusterWatch watch, CancellationToken stop)
{
    public const int Pairs = 400;

    public SimulatedCluster Cluster { get; } = cluster;

    /// <summary>Asks the first control node.</summary>
    public ClusterWatch Watch { get; } = watch;

    public CancellationToken Stop { get; } = stop;

    public ClusterNode[] Scorers { get; } = [.. cluster.Harness.Nodes.Where(node => node.Setup.Roles == "score")];

    public ClusterWatch WatchBy(ClusterNode control) => new(control, Cluster.Harness.Token);

    /// <summary>A run of so many orders, which share 400 seconds of computing.</summary>
    public Task<string> SubmitAsync(int orders) => workload.SubmitAsync(Cluster.Client, Pairs, 1, Pairs / orders, Stop);

    /// <summary>Ends a run and waits until nobody works for it.</summary>
    public async Task EndAsync(string runId)
    {
        await Workload.CancelAsync(Cluster.Client, runId, Stop);
        await Watch.WhenAsync($"nobody works on {runId}", view => view.Work.Workers.All(worker => worker.RunId != runId), Stop);
    }

    /// <summary>Waits for the node that has an order of a run in work.</summary>
    /// <returns>It, and the order's id.</returns>
    public async Task<(ClusterNode Node, string WorkId)> HolderAsync(string runId)
    {
        var held = "";
        ClusterNode? holder = null;
        await Watch.WhenAsync($"an order of {runId} is in work", view =>
        {
            if (view.Work.Workers.FirstOrDefault(worker => worker.Kind == WorkKind.Score && worker.RunId == runId) is not { WorkId: { } workId } found) return false;
            (held, holder) = (workId, Scorers.Single(node => Is(found, node)));
            return true;
        }, Stop);
        return (holder!, held);
    }

    /// <summary>Waits until both scorers are members in reach and have asked for work, and every control node is there.</summary>
    public async Task WholeAsync()
    {
        await Cluster.Harness.ReadyAsync();
        await Watch.WhenAsync(
            "every node is there", view => Cluster.Harness.Nodes.All(node => IsUp(view, node)) && Scorers.All(node => view.Work.Workers.Any(worker => Is(worker, node))), Stop);
    }

    /// <summary>Whether it is a full member that answers.</summary>
    public static bool IsUp(ClusterView view, ClusterNode node) =>
        view.Members.Any(member => member is { Reachable: true, Status: "up" } && member.Address.EndsWith(PlaceOf(node), StringComparison.Ordinal));

    /// <summary>Whether it is a member, of whatever status, that answers.</summary>
    public static bool IsInReach(ClusterView view, ClusterNode node) =>
        view.Members.Any(member => member.Reachable && member.Address.EndsWith(PlaceOf(node), StringComparison.Ordinal));

    /// <summary>Whether it is a worker of that node.</summary>
    public static bool Is(WorkerOverview worker, ClusterNode node) => worker.Address.Contains(PlaceOf(node) + "/", StringComparison.Ordinal);

    private static string PlaceOf(ClusterNode node) => $"@{node.Setup.Host}:{node.Setup.Port}";
}
