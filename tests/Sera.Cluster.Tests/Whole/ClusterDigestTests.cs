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

    /// <summary>Gradients spread over the trainers too: what is rounded and what is not never meet.</summary>
    [Fact]
    public async Task A_run_in_bf16_among_nodes_of_both_types_ends_in_the_bits_of_one_process_in_bf16()
    {
        string[] rounded = ["compute.dtype=bf16", "training.distribute=true", "run.rounds=2"];
        using var alone = new TemporaryFolder();
        await SampleRuns.CompleteAsync(SampleRuns.Chosen(alone.Path, rounded));
        var layout = new ClusterLayout([("control", "control"), ("exact", "generate,score,train"), ("rounding-1", "generate,score,train"), ("rounding-2", "score,train")]);
        await using var cluster = await ClusterHarness.StartAsync(layout, more: name => name.StartsWith("rounding", StringComparison.Ordinal) ? ["--dtype", "bf16"] : []);
        var summary = await cluster.CompleteAsync(null, rounded);
        Assert.Equal(SampleRuns.Digest(SampleRuns.Summary(alone.Path)), SampleRuns.Digest(summary));
        Assert.NotEqual(SampleRuns.Digest(undisturbed.Summary), SampleRuns.Digest(summary));
    }

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
