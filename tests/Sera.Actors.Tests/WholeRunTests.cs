using Sera.Actors.Hosting;
using Sera.Actors.Runs;
using Sera.Actors.Training;
using Sera.Actors.Work;
using Sera.Model.Data;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class WholeRunTests
{
    [Fact]
    public async Task A_run_of_three_rounds_goes_from_the_inputs_to_an_aligned_policy()
    {
        using var small = new SmallRun();
        var state = await small.RunAsync();
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.Equal(4, state.Rounds.Length);
        Assert.All(state.Rounds, r => Assert.True(r.Completed && r.Evaluated!.Result is { EvalAccuracy: not null, RewardAccuracy: not null }));
        Assert.Equal(0.5, state.Rounds[0].Evaluated!.Result.RewardAccuracy); // the starting policy against itself: all ties
        Assert.Equal((0, 20, 0, 0, 20), Counts(state.Rounds[1]));
        Assert.Equal((20, 12, 30), (state.Rounds[2].OfflineScored, state.Rounds[2].OfflineKept, state.Rounds[2].Generated));
        Assert.Equal(8, state.Rounds[2].Selected!.Result.Statistics.Filtered["below-k"]);
        Assert.Equal(0.2, state.Rounds[2].Selected!.Result.Audit!.FlippedInData);
        foreach (var round in state.Rounds.Skip(1))
        {
            Assert.Equal(
                Enumerable.Range(0, round.Trained!.ToStep),
                round.Metrics.SelectMany(m => StepMetricsFile.Read(small.Store, m)).Select(s => s.Step));
            var pairs = new[] { round.Selected!.Result.Pairs, round.Bootstrapped?.Result.Pairs }.OfType<Model.Checkpoints.ArtifactRef>()
                .SelectMany(p => RowFile.Read(small.Store.Read(p), RowJson.Default.TrainingPairRow)).ToArray();
            Assert.Equal(round.TrainPairs, pairs.Select(p => p.Id).Distinct().Count());
            Assert.All(pairs, p => Assert.NotEqual(0, p.RefChosen));
        }
        AssertEveryPromptOnce(small, state);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task How_many_workers_there_are_does_not_change_a_bit(int workers)
    {
        using var one = new SmallRun();
        using var many = new SmallRun();
        Assert.Equal(SmallRun.Digests(await one.RunAsync()), SmallRun.Digests(await many.RunAsync(workers)));
    }

    [Fact]
    public async Task A_run_stopped_again_and_again_ends_in_the_same_policy()
    {
        using var undisturbed = new SmallRun();
        using var stopped = new SmallRun();
        var expected = await undisturbed.RunAsync();
        var lives = 0;
        for (var kind = RunReplyKind.Accepted; kind == RunReplyKind.Accepted; lives++)
        {
            await using var node = await stopped.NodeAsync();
            kind = (lives == 0 ? await node.StartRunAsync(stopped.Start()) : await node.ResumeRunAsync(SmallRun.Id)).Kind;
            if (kind != RunReplyKind.Accepted) break;
            await foreach (var update in node.WatchAsync(SmallRun.Id))
            {
                if (update is RunUpdate.Recorded { Event: not (RunStarted or RunResumed or RoundOpened) }) break;
            }
        }
        Assert.InRange(lives, 5, 200);
        var recovered = await RunHistory.ReadAsync(stopped.Folder, SmallRun.Id);
        Assert.Equal(RunStatus.Completed, recovered!.Status);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(recovered));
        AssertEveryPromptOnce(stopped, recovered);
    }

    /// <summary>The journal is cut behind event k, and what the index remembered of the lost results is gone too.</summary>
    [Fact]
    public async Task Whichever_event_was_the_last_before_a_crash_the_policy_is_the_same()
    {
        using var small = new SmallRun();
        var expected = await small.RunAsync();
        for (var last = 1; last < expected.Events; last += 8)
        {
            small.CutJournal(last);
            Assert.Equal(last, (await RunHistory.ReadAsync(small.Folder, SmallRun.Id))!.Events);
            await using var node = await small.NodeAsync();
            Assert.Equal(RunReplyKind.Accepted, (await node.ResumeRunAsync(SmallRun.Id)).Kind);
            var recovered = await SmallRun.LastAsync(node);
            Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(recovered));
            AssertEveryPromptOnce(small, recovered);
        }
    }

    [Fact]
    public async Task A_second_run_finds_the_work_of_the_first_done()
    {
        using var small = new SmallRun();
        var first = await small.RunAsync();
        var quanta = 0;
        var second = await small.RunAsync(id: "second", onQuantum: _ => Interlocked.Increment(ref quanta));
        Assert.Equal(0, quanta);
        Assert.Equal(SmallRun.Digests(first), SmallRun.Digests(second));
        Assert.Equal(["second", "small"], await RunHistory.RunIdsAsync(small.Folder));
    }

    [Fact]
    public async Task Progress_names_kind_and_round_and_never_passes_its_total()
    {
        using var small = new SmallRun();
        await using var node = await small.NodeAsync(overrides: "sera.work.progress = 0s");
        await node.StartRunAsync(small.Start());
        var seen = new List<RunUpdate.Progressed>();
        await foreach (var update in node.WatchAsync(SmallRun.Id))
        {
            if (update is RunUpdate.Progressed progressed) seen.Add(progressed);
        }
        Assert.All(seen, p => Assert.InRange(p.Done, 0, p.Total));
        Assert.Contains(seen, p => p is { Kind: WorkKind.Train, Round: 3 });
        Assert.Contains(seen, p => p is { Kind: WorkKind.Generate, Round: 2, Tokens: > 0 });
    }

    [Fact]
    public async Task Resuming_a_finished_run_says_so_and_starting_its_id_again_is_rejected()
    {
        using var small = new SmallRun();
        await small.RunAsync(options: SmallRun.Options with { Rounds = 1 });
        await using var node = await small.NodeAsync();
        Assert.Equal(RunReplyKind.Finished, (await node.ResumeRunAsync(SmallRun.Id)).Kind);
        Assert.Equal(RunReplyKind.Unknown, (await node.ResumeRunAsync("other")).Kind);
        Assert.Equal(RunReplyKind.Rejected, (await node.StartRunAsync(small.Start())).Kind);
        Assert.Equal(RunReplyKind.Rejected, (await node.StartRunAsync(small.Start(id: "../out"))).Kind);
    }

    [Fact]
    public async Task A_run_that_one_node_works_on_is_refused_to_another()
    {
        using var small = new SmallRun();
        await using var first = await small.NodeAsync();
        await first.StartRunAsync(small.Start());
        await using var second = await small.NodeAsync();
        Assert.Equal(new RunReply(SmallRun.Id, RunReplyKind.Rejected, "another process works on run small"), await second.ResumeRunAsync(SmallRun.Id));
        Assert.Equal(RunStatus.Completed, (await SmallRun.LastAsync(first)).Status);
    }

    private static (int, int, int, int, int) Counts(RoundState r) => (r.OfflineScored, r.OfflineKept, r.Generated, r.BootstrappedKept, r.TrainPairs);

    private static void AssertEveryPromptOnce(SmallRun small, RunState state)
    {
        foreach (var round in state.Rounds.Where(r => r.Round > 1))
        {
            var ids = round.Rollouts.Values.SelectMany(r => RowFile.Read(small.Store.Read(r.Result.Rollouts), RowJson.Default.RolloutRow)).Select(r => r.Id);
            Assert.Equal(Enumerable.Range(0, 10).Select(i => $"q{i}"), ids);
            var statistics = round.Bootstrapped!.Result.Statistics;
            Assert.Equal(10, statistics.Kept + statistics.Filtered.Values.Sum());
        }
    }
}
