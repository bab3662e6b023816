using System.Collections.Immutable;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>Reward-augmented pairs (docs/methods.md): made where pairs are kept, scored under the reference before they are trained on.</summary>
public sealed class RewardAugmentedTests
{
    private static readonly RunOptions Options = SmallRun.Options with { RewardPrefix = "rated {score}: " };

    private static readonly ImmutableArray<PromptPrefixRow> Prefixes = [.. Enumerable.Range(1, RewardScores.Best).Select(score => new PromptPrefixRow($"rated {score}: ", [500, 500 + score], 1))];

    [Fact]
    public void Each_pair_is_preferred_as_it_is_under_its_better_score_and_turned_round_under_its_worse_one()
    {
        var maker = new ScoredPairMaker(Prefixes);
        maker.Add(Pair("a"), 3, -2);
        maker.Add(Pair("wrong"), 0, 1);
        maker.Add(Pair("even"), 0.5, 0.5);
        // Six rewards: -2, 0, 0.5, 0.5, 1, 3 are places 0 to 5, scores 1, 2, 5, 5, 7, 9.
        var made = maker.Make();
        Assert.Equal(["a/score-9", "a/score-1"], made.Select(p => p.Id));
        Assert.Equal([[1, 500, 509, 10], [1, 500, 501, 10]], made.Select(p => p.PromptTokens.ToArray()));
        Assert.Equal([[100, 2], [200, 201, 2]], made.Select(p => p.ChosenTokens.ToArray()));
        Assert.Equal([[200, 201, 2], [100, 2]], made.Select(p => p.RejectedTokens.ToArray()));
        Assert.All(made, p => Assert.Equal((0f, 0f, null), (p.RefChosen, p.RefRejected, p.Margin)));
        Assert.Empty(new ScoredPairMaker(Prefixes).Make());
    }

    [Fact]
    public async Task They_are_trained_on_beside_those_kept_with_the_reference_s_scores_of_their_own_prompts()
    {
        using var small = new SmallRun();
        var state = await RunAsync(small, Options);
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.Contains(state.Inputs.ScorePrefixes, RunArtifacts.Needed(state));
        Assert.Equal(0, state.Rounds[1].Augmented);
        foreach (var round in state.Rounds.Skip(2))
        {
            Assert.True(round.Augmented > 0);
            Assert.Equal(round.OfflineKept + round.BootstrappedKept + round.Augmented, round.TrainPairs);
            ArtifactRef[] artifacts = [round.Selected!.Result.Pairs, round.Bootstrapped!.Result.Pairs];
            Assert.All(artifacts, a => Assert.Contains(state.Scores.Keys, k => k.Rows == a.Sha256 && k.Policy == state.Inputs.Policy));
            var rows = artifacts.SelectMany(a => RowFile.Read(small.Store.Read(a), RowJson.Default.TrainingPairRow)).ToArray();
            Assert.Equal(round.TrainPairs, rows.Length);
            Assert.Equal(rows.Length, rows.Select(r => r.Id).Distinct().Count());
            Assert.Equal(round.Augmented, rows.Count(r => r.PromptTokens.Contains(500)));
            Assert.All(rows.Where(r => r.PromptTokens.Contains(500)), r => Assert.Null(r.Margin));
        }
    }

    [Fact]
    public async Task What_follows_depends_neither_on_workers_nor_on_who_computes_gradients_and_a_reference_that_follows_goes_on_from_it()
    {
        using var one = new SmallRun();
        using var many = new SmallRun();
        using var following = new SmallRun();
        using var plain = new SmallRun();
        var expected = SmallRun.Digests(await RunAsync(one, Options));
        Assert.Equal(expected, SmallRun.Digests(await RunAsync(many, Options with { Training = Options.Training with { Distribute = true } }, 3)));
        var follows = await RunAsync(following, Options with { Policies = Options.Policies with { Sync = new ReferenceSyncOptions(4, 0.6) } });
        Assert.Contains(follows.Scores.Keys, k => k.Policy == follows.Rounds[2].Checkpoints.Select(c => c.Result.Reference).First(r => r is not null)!.Policy);
        Assert.NotEqual(expected, SmallRun.Digests(await plain.RunAsync()));
    }

    /// <summary>A loss without a reference needs no scores, and trains on them all the same.</summary>
    [Fact]
    public async Task Without_a_reference_nothing_is_scored_for_them()
    {
        using var small = new SmallRun();
        var state = await RunAsync(small, Options with { Loss = new LossOptions("simpo", 2, 0.5) });
        Assert.True(state.Rounds[2].Augmented > 0);
        Assert.DoesNotContain(state.Scores.Keys, k => k.Rows == state.Rounds[2].Selected!.Result.Pairs.Sha256);
    }

    /// <summary>Scored and not handed to the trainer, their reference log-probabilities would be the zeros that they are made with.</summary>
    [Fact]
    public void The_segments_that_train_on_them_are_given_their_scores()
    {
        var start = PureWorker.Start(Options);
        var state = PureWorker.Accept(null, start with { Inputs = start.Inputs with { ScorePrefixes = new ArtifactRef("score-prefixes", Sha256.Of("prefixes"), 10) } });
        var segments = new List<(int Round, bool Scored)>();
        while (RunWork.Outstanding(state) is [var order, ..])
        {
            if (order.Train is { } train) segments.Add((order.Round, train.Segment.ReferenceScores is { IsEmpty: false }));
            var done = PureWorker.Do(order);
            if (order.Round > 1 && done.Selected is { } selected) done = done with { Selected = selected with { Statistics = selected.Statistics with { Augmented = 7 } } };
            state = PureWorker.Accept(state, new RecordWork(state.RunId, state.Epoch, done));
        }
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.Contains(segments, segment => segment.Round > 1);
        Assert.All(segments, segment => Assert.Equal(segment.Round > 1, segment.Scored));
    }

    [Fact]
    public void Options_and_inputs_go_together() =>
        Assert.Equal(RunReplyKind.Rejected, Assert.IsType<Decision.Reject>(RunDecider.Decide(null, PureWorker.Start(Options), PureWorker.Now)).Reply.Kind);

    private static async Task<RunState> RunAsync(SmallRun small, RunOptions options, int workers = 1)
    {
        var prefixes = small.Store.Write("score-prefixes", RowFile.Write(Prefixes, RowJson.Default.PromptPrefixRow));
        await using var node = await small.NodeAsync(workers);
        await node.StartRunAsync(small.Start(options) with { Inputs = small.Inputs with { ScorePrefixes = prefixes } });
        return await SmallRun.LastAsync(node);
    }

    private static TrainingPairRow Pair(string id) => new(id, [1, 10], [100, 2], [200, 201, 2], -1, -2, 5, "offline");
}
