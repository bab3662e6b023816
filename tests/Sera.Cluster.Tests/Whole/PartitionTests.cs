using Sera.Testing;
using Sera.Testing.Network;
using Sera.Testing.Nodes;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Whole;

/// <summary>
/// The coordinator is cut off, or hangs and wakes late, in the middle of a run: nothing is committed twice, and the bits are the same. Two clusters at a
/// time, because most of it is waiting.
/// </summary>
[Collection(UndisturbedRun.Collection)]
public sealed class PartitionTests(UndisturbedRun undisturbed)
{
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(10);
    private const int Removed = 75;

    // Nodes that start take all there is of the machine; two clusters that did it at once would take each other's nodes for dead.
    private readonly SemaphoreSlim _starting = new(1);

    /// <summary>
    /// Cut from everybody; and in another cluster from the other control nodes alone, so that all workers still reach both sides and neither side is the
    /// whole cluster without them.
    /// </summary>
    [Fact]
    public async Task A_coordinator_that_is_cut_off_is_replaced_whoever_still_reaches_it() =>
        await Task.WhenAll(CutAsync(cluster => cluster.Nodes), CutAsync(cluster => cluster.Control));

    [Fact]
    public async Task A_coordinator_that_hangs_and_wakes_late_commits_nothing_any_more_and_a_journal_that_is_out_of_reach_is_waited_for() =>
        await Task.WhenAll(HangAsync(), LoseJournalAsync());

    private Task HangAsync() => DisturbedAsync(
        async (_, oldest) =>
        {
            oldest.Stop();
            await Task.Delay(Away);
            oldest.Continue();
        });

    private Task LoseJournalAsync() => DisturbedAsync(
        async (cluster, _) =>
        {
            cluster.JournalProxy!.Cut();
            await Task.Delay(Away);
            cluster.JournalProxy.Heal();
        },
        removes: false);

    private Task CutAsync(Func<ClusterHarness, IEnumerable<ClusterNode>> from) => DisturbedAsync(
        async (cluster, oldest) =>
        {
            var (here, there) = (oldest.Setup.Network!, from(cluster).Where(node => node != oldest).Select(node => node.Setup.Network!).ToArray());
            foreach (var other in there) await PrivateNetwork.CutAsync(here, other);
            await Task.Delay(Away);
            foreach (var other in there) await PrivateNetwork.HealAsync(here, other);
        },
        ownNetwork: true);

    /// <param name="disturb">Is given the cluster and the control node that has been a member longest, which carries the coordinator.</param>
    /// <param name="removes">Whether the cluster has to go on without that node.</param>
    private async Task DisturbedAsync(Func<ClusterHarness, ClusterNode, Task> disturb, bool ownNetwork = false, bool removes = true)
    {
        await using var cluster = await StartAsync(ownNetwork);
        var oldest = cluster.Control.First();
        // Followed through another node than the one that is hurt.
        var completing = cluster.CompleteAsync(cluster.Control.Last());
        await Patience.UntilAsync(
            async () => completing.IsFaulted || (await JournalAudit.OfClusterAsync(cluster.Journal)).Events >= 5, Ceiling, () => $"the run did not begin\n{cluster.Logs()}");
        if (completing.IsFaulted) await completing;
        Assert.False(completing.IsCompleted, "the run had ended before it was disturbed");
        await disturb(cluster, oldest);
        var summary = await completing;

        Assert.Equal(SampleRuns.Digest(undisturbed.Summary), SampleRuns.Digest(summary));
        Assert.Equal(SampleRuns.Rounds(undisturbed.Summary), SampleRuns.Rounds(summary));
        var journal = await JournalAudit.OfClusterAsync(cluster.Journal);
        journal.AssertSound();
        journal.AssertSameResults(await JournalAudit.OfFolderAsync(undisturbed.Work));
        if (!removes) return;
        await Patience.UntilAsync(() => Task.FromResult(oldest.ExitCodes.Contains(Removed)), Ceiling, () => $"{oldest.Name} never left\n{cluster.Logs()}");
        await cluster.ReadyAsync();
    }

    private async Task<ClusterHarness> StartAsync(bool ownNetwork)
    {
        await _starting.WaitAsync();
        try
        {
            return await ClusterHarness.StartAsync(ClusterLayout.Of(control: 3, generate: 1, score: 1, train: 1), ownNetwork);
        }
        finally
        {
            _starting.Release();
        }
    }
}
