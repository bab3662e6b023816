using System.Diagnostics;
using Sera.Cluster.Tests.Faults;
using Sera.Testing;
using Sera.Testing.Nodes;
using Xunit;
using Xunit.Abstractions;

namespace Sera.Cluster.Tests.Whole;

/// <summary>
/// Everything is killed, stopped and restarted, PostgreSQL too, while one run goes on: it ends, in the same bits, with every result recorded
/// once. SERA_FAULTS says how many faults (default 20), SERA_FAULT_SEED which, SERA_FAULT_SECONDS over which time (default 60). The run is so
/// long that it would take almost that in one process, which nothing disturbs.
/// </summary>
[Collection(UndisturbedRun.Collection)]
public sealed class ChaosTests(UndisturbedRun undisturbed, ITestOutputHelper output)
{
    private static readonly int Faults = Setting("SERA_FAULTS") ?? 20;
    private static readonly int Seed = Setting("SERA_FAULT_SEED") ?? 1;

    // How long a control node that was hurt counts as away: detection, downing and joining again.
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_run_to_which_everything_happened_ends_in_the_same_bits()
    {
        var duration = TimeSpan.FromSeconds(Setting("SERA_FAULT_SECONDS") ?? 60);
        var longer = SampleRuns.Longer(0.9 * duration / undisturbed.Elapsed);
        using var alone = new TemporaryFolder();
        await SampleRuns.CompleteAsync(SampleRuns.Chosen(alone.Path, longer));
        var expected = SampleRuns.Summary(alone.Path);
        await using var cluster = await ClusterHarness.StartAsync(ClusterLayout.Eight);
        cluster.RunCeiling += duration;
        var player = new FaultPlayer(cluster);
        var faults = FaultSchedule.Make(Seed, Faults, duration, [.. player.Targets], Recovery);
        using var ended = new CancellationTokenSource();
        var clock = Stopwatch.StartNew();
        var playing = player.PlayAsync(faults, ended.Token);
        try
        {
            var summary = await cluster.CompleteAsync(null, longer);
            output.WriteLine($"the run ({string.Join(", ", longer)}) ended after {clock.Elapsed}");
            Assert.Equal(SampleRuns.Digest(expected), SampleRuns.Digest(summary));
            Assert.Equal(SampleRuns.Rounds(expected), SampleRuns.Rounds(summary));
        }
        finally
        {
            await ended.CancelAsync();
            await playing;
            foreach (var done in player.Done) output.WriteLine(done);
            foreach (var node in cluster.Nodes) output.WriteLine($"{node.Name} ended with [{string.Join(", ", node.ExitCodes)}]");
        }
        Assert.True(player.Done.Count == Faults, $"the run ended before {Faults - player.Done.Count} of the faults; give them less time (SERA_FAULT_SECONDS)");

        var journal = await JournalAudit.OfClusterAsync(cluster.Journal);
        journal.AssertSound();
        journal.AssertSameResults(await JournalAudit.OfFolderAsync(alone.Path));
        journal.AssertHeld(cluster.Nodes, copies: 1);
    }

    private static int? Setting(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : null;
}
