using System.Diagnostics;
using Sera.Testing.Nodes;

namespace Sera.Cluster.Tests.Faults;

/// <summary>Does to a cluster what a schedule says, when it says it, and mends everything at the end.</summary>
internal sealed class FaultPlayer(ClusterHarness cluster)
{
    private static readonly TimeSpan Leaving = TimeSpan.FromSeconds(90);

    private readonly Lock _gate = new();
    private readonly List<string> _done = [];

    /// <summary>What was done, one line each.</summary>
    public IReadOnlyList<string> Done
    {
        get
        {
            lock (_gate) return [.. _done];
        }
    }

    /// <summary>Every process that a fault can hit.</summary>
    public IEnumerable<FaultTarget> Targets =>
        cluster.Nodes.Select(node => new FaultTarget(node.Name, node.Setup.Roles)).Append(new FaultTarget(FaultTarget.Postgres, FaultTarget.Postgres));

    /// <param name="until">No more faults from then on; what is stopped goes on, and what is away comes back.</param>
    public async Task PlayAsync(IEnumerable<Fault> faults, CancellationToken until)
    {
        var clock = Stopwatch.StartNew();
        var playing = new List<Task>();
        try
        {
            foreach (var fault in faults)
            {
                var wait = fault.At - clock.Elapsed;
                if (wait > TimeSpan.Zero) await Task.Delay(wait, until);
                lock (_gate) _done.Add(fault.ToString());
                playing.Add(fault.Target.Role == FaultTarget.Postgres ? HurtPostgresAsync(fault, until) : HurtAsync(cluster.Node(fault.Target.Name), fault, until));
            }
        }
        catch (OperationCanceledException)
        {
            // The run ended before the schedule did.
        }
        await Task.WhenAll(playing);
        cluster.Postgres.Thaw();
        await cluster.Postgres.StartAsync();
        foreach (var node in cluster.Nodes) node.Continue();
    }

    private static async Task HurtAsync(ClusterNode node, Fault fault, CancellationToken until)
    {
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                node.Kill();
                break;
            case FaultKind.Terminate:
                node.Terminate();
                break;
            case FaultKind.Stop:
                node.Stop();
                await WaitAsync(fault.Length, until);
                node.Continue();
                break;
            case FaultKind.Restart:
                await node.LeaveAsync(Leaving);
                await WaitAsync(fault.Length, until);
                node.Start();
                break;
        }
    }

    private async Task HurtPostgresAsync(Fault fault, CancellationToken until)
    {
        var postgres = cluster.Postgres;
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await postgres.KillAsync();
                break;
            case FaultKind.Terminate:
                await postgres.StopAsync();
                break;
            case FaultKind.Stop:
                postgres.Freeze();
                await WaitAsync(fault.Length, until);
                postgres.Thaw();
                break;
            case FaultKind.Restart:
                await postgres.StopAsync();
                await WaitAsync(fault.Length, until);
                break;
        }
        await postgres.StartAsync();
    }

    private static Task WaitAsync(TimeSpan length, CancellationToken until) => Task.WhenAny(Task.Delay(length, until));
}
