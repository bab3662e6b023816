using Sera.Testing;
using Sera.Testing.Nodes;
using Xunit;

namespace Sera.Cluster.Tests.Whole;

/// <summary>A cluster of processes, each with its own folder, ends in the bits of one process.</summary>
[Collection(UndisturbedRun.Collection)]
public sealed class ClusterDigestTests(UndisturbedRun undisturbed)
{
    [Fact]
    public async Task Eight_nodes_end_in_the_bits_of_one_process() => await SameAsync(ClusterLayout.Eight, copies: 2);

    [Fact]
    public async Task One_node_with_every_role_does_too() => await SameAsync(new ClusterLayout([("all", "control,generate,score,train")]), copies: 1);

    private async Task SameAsync(ClusterLayout layout, int copies)
    {
        await using var cluster = await ClusterHarness.StartAsync(layout);
        var summary = await cluster.CompleteAsync();
        Assert.Equal(SampleRuns.Digest(undisturbed.Summary), SampleRuns.Digest(summary));
        Assert.Equal(SampleRuns.Rounds(undisturbed.Summary), SampleRuns.Rounds(summary));

        var journal = await JournalAudit.OfClusterAsync(cluster.Journal);
        journal.AssertSound();
        journal.AssertSameResults(await JournalAudit.OfFolderAsync(undisturbed.Work));
        journal.AssertHeld(cluster.Nodes, copies);
        foreach (var node in cluster.Nodes.Reverse()) Assert.Equal(0, await node.LeaveAsync(TimeSpan.FromMinutes(2)));
    }
}
