using Sera.Testing.Nodes;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Whole;

/// <summary>Results that the journal names survive the loss of one node after another.</summary>
[Collection(OneAtATime.Name)]
public sealed class RepairTests
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task What_a_lost_node_held_is_copied_again_by_those_who_are_left()
    {
        await using var cluster = await ClusterHarness.StartAsync(
            new ClusterLayout([("all-1", "control,generate,score,train"), ("all-2", "control,generate,score,train"), ("all-3", "control,generate,score,train")]),
            more: _ => ["--simulate", "1000000"]);
        await cluster.CompleteAsync(null, "compute.engine=simulated");
        var journal = await JournalAudit.OfClusterAsync(cluster.Journal);
        journal.AssertHeld(cluster.Nodes, copies: 2);

        // The one with the coordinator, so that it is the next one that has to repair.
        var lost = cluster.Nodes[0];
        lost.LeaveAlone();
        lost.Kill();
        await Patience.UntilAsync(() => Task.FromResult(!lost.Running), Ceiling, () => "a killed node runs");
        Directory.Delete(lost.Setup.Work, recursive: true);
        var left = cluster.Nodes.Skip(1).ToArray();
        Assert.NotEmpty(journal.Scarce(left, copies: 2));
        await Patience.UntilAsync(
            () => Task.FromResult(journal.Scarce(left, copies: 2).Count == 0), Ceiling,
            () => $"scarce: {string.Join(", ", journal.Scarce(left, copies: 2))}\n{cluster.Logs()}");
    }
}
