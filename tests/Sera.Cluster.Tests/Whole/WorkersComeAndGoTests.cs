using Sera.Testing;
using Sera.Testing.Nodes;
using Xunit;

namespace Sera.Cluster.Tests.Whole;

/// <summary>Processes that score join, leave and hang in the middle of a phase. What is waited for is what happens, not how long it takes.</summary>
[Collection(OneAtATime.Name)]
public sealed class WorkersComeAndGoTests : IDisposable
{
    private static readonly TimeSpan Leaving = TimeSpan.FromMinutes(2);

    /// <summary>So that nothing in these tests can happen because a lease ran out.</summary>
    private const string EndlessLeases = "sera.work.lease = 1h";

    // Tokens a second: an order takes six seconds, or one and a half.
    private const int Slow = 40;
    private const int Quick = 150;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_scorer_that_joins_works_in_the_phase_that_is_running_and_has_at_once_what_one_that_leaves_held()
    {
        await using var cluster = await StartAsync(scorers: 1, Slow, $"{EndlessLeases}, sera.work.straggler = 0");
        using var run = SlowRun.Start(cluster);
        var leaver = cluster.Node("score-1");
        await run.NextAsync(leaver);
        var joined = cluster.Add("score-2", "score");
        var first = await run.NextAsync(joined);
        Assert.False(run.IsScored, "the phase had ended before");
        await run.UntilAsync(() => Task.FromResult(run.IsDone(first)), "it was not done");

        // One that it has just begun, so that it is far from its end.
        var held = await run.NextAsync(leaver, before: await run.NextAsync(leaver));
        var leaving = leaver.LeaveAsync(Leaving);
        await run.UntilAsync(async () => await run.HeldAsync(joined) == held, "its order was not given to the other");
        Assert.Equal(0, await leaving);
        await run.UntilAsync(() => Task.FromResult(run.IsDone(held)), "its order was not done");
    }

    [Fact]
    public async Task A_phase_ends_although_one_of_its_two_scorers_hangs()
    {
        // Nobody counts as gone either: what is left is to give the order to a second worker.
        const string Patient = "akka.cluster.failure-detector.acceptable-heartbeat-pause = 1h, akka.remote.watch-failure-detector.acceptable-heartbeat-pause = 1h";
        await using var cluster = await StartAsync(scorers: 2, Quick, $"{EndlessLeases}, {Patient}");
        using var run = SlowRun.Start(cluster);
        var (hanging, other) = (cluster.Node("score-1"), cluster.Node("score-2"));
        await run.NextAsync(hanging, before: await run.NextAsync(hanging));
        hanging.Stop();
        // What it has in hand as it stands still.
        var held = await run.NextAsync(hanging);
        Assert.False(run.IsDone(held));
        await run.UntilAsync(async () => await run.HeldAsync(other) == held, "its order was not given to the other");
        await run.UntilAsync(() => Task.FromResult(run.IsScored), "the phase did not end");
        Assert.True(hanging.Running);
        Assert.Empty(hanging.ExitCodes);
        hanging.Continue();
    }

    private Task<ClusterHarness> StartAsync(int scorers, int rate, string settings)
    {
        var config = _folder.File("node.conf", settings.Replace(", ", "\n", StringComparison.Ordinal));
        return ClusterHarness.StartAsync(
            new ClusterLayout([("control-1", "control,generate,train"), .. Enumerable.Range(1, scorers).Select(number => ($"score-{number}", "score"))]),
            more: name => [.. SlowRun.Simulated(name, rate), "--config", config]);
    }
}
