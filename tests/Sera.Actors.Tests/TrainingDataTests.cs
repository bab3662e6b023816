using System.Collections.Immutable;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Data;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>Which pairs the rounds of a run train on, and that nothing is done for those they do not.</summary>
public sealed class TrainingDataTests
{
    private static readonly RunOptions Offline = SmallRun.Options with { TrainingData = TrainingData.Offline };

    private static readonly RunOptions OnPolicy = SmallRun.Options with { TrainingData = TrainingData.OnPolicy };

    private static readonly RunOptions FromPrompts = SmallRun.Options with
    {
        TrainingData = TrainingData.Prompts,
        Loss = new LossOptions("cream", 0.1, 0),
        Policies = SmallRun.Options.Policies with { TrainReference = PolicyChoice.Previous },
    };

    private static readonly RunOptions Replay = SmallRun.Options with { TrainingData = TrainingData.Replay, ReplayShare = 0.6 };

    private static readonly RunOptions Drawn = SmallRun.Options with
    {
        Selection = new SelectionOptions(0.6, 0.3, KeepPairs: 7, Rule: "random"),
        Bootstrap = SmallRun.Options.Bootstrap with { PairRule = "best-random", KeepPairs = 4 },
    };

    /// <summary>Who compares the last two policies needs the scores of both, whatever the ensemble.</summary>
    [Theory]
    [InlineData("dpo", 0.0, false)]
    [InlineData("dpo", 0.3, true)]
    [InlineData("cream", 0.0, true)]
    [InlineData("0.5 dpo + 0.5 up-mult", 0.0, true)]
    public void A_loss_that_compares_rounds_has_both_of_them_scored(string loss, double ensemble, bool both)
    {
        var orders = new List<BootstrapOrder>();
        var options = SmallRun.Options with { Loss = new LossOptions(loss, 0.1, 0), Selection = SmallRun.Options.Selection with { Ensemble = ensemble } };
        var state = PureWorker.Begin(options);
        while (RunWork.Outstanding(state) is { IsEmpty: false } outstanding)
        {
            if (outstanding[0].Bootstrap is { } order) orders.Add(order);
            state = PureWorker.Record(state, outstanding[0]);
        }
        Assert.Equal([false, both], orders.Select(o => o.Previous is not null));
    }

    [Fact]
    public async Task What_the_loss_reads_beside_log_probabilities_reaches_the_pairs_it_is_trained_on()
    {
        using var small = new SmallRun();
        var state = await small.RunAsync(options: SmallRun.Options with { Loss = new LossOptions("0.5 cream + 0.5 up-mult", 0.1, 0) });
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.All(Trained(small, state.Rounds[2]), p => Assert.Equal((p.Source == "bootstrapped", false), (p.Columns!.Consistency is not null, p.Columns.ChosenUncertainty is not null)));
        Assert.All(Trained(small, state.Rounds[3]), p => Assert.Equal((p.Source == "bootstrapped", true), (p.Columns!.Consistency is not null, p.Columns.ChosenUncertainty is not null)));
        Assert.Contains(Trained(small, state.Rounds[3]), p => p.Source == "bootstrapped");
    }

    [Fact]
    public async Task Offline_alone_generates_nothing_for_pairs_and_trains_on_those_kept()
    {
        using var small = new SmallRun();
        var state = await small.RunAsync(options: Offline);
        Assert.Equal(RunStatus.Completed, state.Status);
        foreach (var round in state.Rounds.Skip(2))
        {
            Assert.Equal((0, 0, 20, 12, 12), (round.Generated, round.BootstrappedKept, round.OfflineScored, round.OfflineKept, round.TrainPairs));
            Assert.Null(round.Bootstrapped);
            Assert.All(Trained(small, round), p => Assert.Equal("offline", p.Source));
        }
        Assert.DoesNotContain(state.Scores.Keys, k => IsRollouts(state, k.Rows));
    }

    [Fact]
    public async Task On_policy_alone_scores_no_offline_pair_after_round_one_and_trains_on_its_own_pairs()
    {
        using var small = new SmallRun();
        var state = await small.RunAsync(options: OnPolicy);
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.Equal(20, state.Rounds[1].TrainPairs);
        foreach (var round in state.Rounds.Skip(2))
        {
            Assert.Null(round.Selected);
            Assert.Equal((30, 0), (round.Generated, round.OfflineScored));
            var pairs = Trained(small, round);
            Assert.Equal(round.BootstrappedKept, pairs.Length);
            Assert.NotEmpty(pairs);
            Assert.All(pairs, p => Assert.Equal("bootstrapped", p.Source));
        }
        var offline = state.Scores.Where(s => s.Key.Rows == state.Inputs.Pairs.Artifact.Sha256).ToArray();
        Assert.NotEmpty(offline);
        Assert.All(offline, s => Assert.Equal((1, state.Inputs.Policy), (s.Value.Round, s.Key.Policy)));
    }

    [Fact]
    public async Task What_is_drawn_by_seed_depends_neither_on_workers_nor_on_stops()
    {
        using var one = new SmallRun();
        using var many = new SmallRun();
        var expected = await one.RunAsync(options: Drawn);
        Assert.Equal((7, 13), (expected.Rounds[2].OfflineKept, expected.Rounds[2].Filtered["not-drawn"]));
        Assert.InRange(expected.Rounds[2].BootstrappedKept, 1, 4);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(await many.RunAsync(3, Drawn)));
        one.CutJournal(expected.Events / 2);
        await using var node = await one.NodeAsync();
        Assert.Equal(RunReplyKind.Accepted, (await node.ResumeRunAsync(SmallRun.Id)).Kind);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(await SmallRun.LastAsync(node)));
    }

    [Fact]
    public async Task Replay_draws_offline_pairs_beside_the_bootstrapped_ones_and_scores_none_of_them_under_the_policy()
    {
        using var small = new SmallRun();
        var state = await small.RunAsync(options: Replay);
        Assert.Equal(RunStatus.Completed, state.Status);
        foreach (var round in state.Rounds.Skip(2))
        {
            // Of all the pairs six tenths are replayed: 3 for every 2 of the policy's own.
            Assert.Equal((int)Math.Round(1.5 * round.BootstrappedKept), round.OfflineKept);
            Assert.Equal((0, 20 - round.OfflineKept), (round.OfflineScored, round.Selected!.Result.Statistics.Filtered["not-drawn"]));
            Assert.Equal(["bootstrapped", "offline"], Trained(small, round).Select(p => p.Source).Distinct().Order());
        }
        Assert.Equal(2, state.Rounds.Skip(2).Select(r => string.Join(' ', Rows(small, r.Selected!.Result.Pairs).Select(p => p.Id))).Distinct().Count());
        Assert.All(
            state.Scores.Where(s => s.Key.Rows == state.Inputs.Pairs.Artifact.Sha256), s => Assert.Equal(state.Inputs.Policy, s.Key.Policy));
    }

    [Fact]
    public async Task What_is_replayed_depends_neither_on_workers_nor_on_stops()
    {
        using var one = new SmallRun();
        using var many = new SmallRun();
        var expected = await one.RunAsync(options: Replay);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(await many.RunAsync(3, Replay)));
        one.CutJournal(expected.Events / 2);
        await using var node = await one.NodeAsync();
        Assert.Equal(RunReplyKind.Accepted, (await node.ResumeRunAsync(SmallRun.Id)).Kind);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(await SmallRun.LastAsync(node)));
    }

    /// <summary>Votes that nobody gave are made of the margins of the policy's own pairs; the data's pairs have the run's.</summary>
    [Fact]
    public async Task Own_pairs_have_the_win_rate_that_their_margin_says()
    {
        using var small = new SmallRun();
        var loss = new LossOptions("irepo", 0.1, 0).With(LossParameter.WinRate, 0.8);
        var state = await small.RunAsync(options: SmallRun.Options with { Loss = loss });
        var pairs = Trained(small, state.Rounds[2]);
        Assert.Contains(pairs, p => p.Source == "bootstrapped");
        Assert.All(pairs, p => Assert.Equal(p.Source == "offline" ? null : WinRates.OfMargin(p.Margin!.Value), p.Columns?.WinRate));
    }

    /// <summary>Round 1 ranks by the policy before the starting one, whose mean log-probability stands for a policy before the first; from round 2 on there is one.</summary>
    [Fact]
    public async Task From_prompts_alone_every_round_bootstraps_against_the_base()
    {
        using var small = new SmallRun();
        var scoreBase = new PolicyRef(new string('b', 64));
        var start = small.Start(FromPrompts);
        start = start with { Inputs = start.Inputs with { Pairs = new RowSource(small.Store.Write("pairs", []), 0), HeldOut = null, Base = scoreBase } };
        RunState state;
        await using (var node = await small.NodeAsync())
        {
            Assert.Equal(RunReplyKind.Accepted, (await node.StartRunAsync(start)).Kind);
            state = await SmallRun.LastAsync(node);
        }
        Assert.Equal(RunStatus.Completed, state.Status);
        foreach (var round in state.Rounds.Skip(1))
        {
            Assert.Null(round.Selected);
            Assert.Equal((30, 0), (round.Generated, round.OfflineScored));
            Assert.All(Trained(small, round), p => Assert.NotNull(p.Columns!.Consistency));
            // Each round's responses under its scorer, the base, and the policy before, which in round 1 is the base.
            var rows = round.Rollouts.Values.Select(r => r.Result.Rollouts.Sha256).ToHashSet();
            var policies = state.Scores.Keys.Where(k => rows.Contains(k.Rows)).Select(k => k.Policy).ToHashSet();
            PolicyRef[] expected = round.Round == 1 ? [state.Inputs.Policy, scoreBase] : [round.Scorer, scoreBase, state.PolicyAfter(round.Round - 2)!];
            Assert.Equal(expected.ToHashSet(), policies);
        }
    }

    [Fact]
    public void From_prompts_alone_without_a_base_only_a_loss_that_needs_none_can_start()
    {
        var start = PureWorker.Start(FromPrompts);
        start = start with { Inputs = start.Inputs with { Pairs = start.Inputs.Pairs with { Count = 0 } } };
        Assert.Contains("policies.score-base", ((Decision.Reject)RunDecider.Decide(null, start, PureWorker.Now)).Reply.Reason);
        var free = start with { Options = FromPrompts with { Loss = new LossOptions("simpo", 2, 0.5) } };
        var state = PureWorker.Finish(PureWorker.Accept(null, free), _ => 0);
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.All(state.Rounds.Skip(1), r => Assert.True(r.Selected is null && r.Bootstrapped is not null));
    }

    [Fact]
    public async Task Each_round_draws_anew()
    {
        using var small = new SmallRun();
        var state = await small.RunAsync(options: Drawn);
        var offline = state.Rounds.Skip(2).Select(r => Rows(small, r.Selected!.Result.Pairs).Select(p => p.Id).Order().ToArray()).ToArray();
        Assert.NotEqual(offline[0], offline[1]);
    }

    [Fact]
    public async Task A_threshold_keeps_what_reaches_it()
    {
        using var small = new SmallRun();
        var options = SmallRun.Options with { Selection = new SelectionOptions(0.6, 0.3, Rule: "threshold", Threshold: 0.2) };
        var state = await small.RunAsync(options: options);
        foreach (var round in state.Rounds.Skip(2))
        {
            var margins = RowFile.Read(small.Store.Read(round.Selected!.Result.Margins), RowJson.Default.MarginRow);
            Assert.All(margins, m => Assert.Equal((m.Margin >= 0.2, m.Margin >= 0.2 ? null : "below-threshold"), (m.Kept, m.Filter)));
            Assert.Equal(margins.Count(m => m.Kept), round.OfflineKept);
        }
    }

    [Fact]
    public void Only_a_rule_that_draws_has_a_seed_in_its_orders()
    {
        Assert.All(Selections(SmallRun.Options), seed => Assert.Equal(0UL, seed));
        var drawn = Selections(Drawn);
        Assert.Equal(5, drawn.Length); // round 1 selects all, rounds 2 and 3 draw pairs and rejected responses
        Assert.Equal(0UL, drawn[0]);
        Assert.Equal(4, drawn[1..].Where(seed => seed != 0).Distinct().Count());
        Assert.Empty(drawn[1..].Intersect(Selections(Drawn with { Seed = 8 })));

        static ulong[] Selections(RunOptions options)
        {
            var (state, seeds) = (PureWorker.Begin(options), new List<ulong>());
            while (RunWork.Outstanding(state) is [var order, ..])
            {
                if ((order.Select?.Seed ?? order.Bootstrap?.Seed) is { } seed) seeds.Add(seed);
                state = PureWorker.Record(state, order);
            }
            return [.. seeds];
        }
    }

    [Fact]
    public void Round_one_is_the_same_work_whatever_the_later_ones_train_on()
    {
        var trained = new[] { SmallRun.Options, Offline, OnPolicy }.Select(o => PureWorker.Finish(PureWorker.Begin(o), _ => 0).Rounds[1].Trained!.WorkId);
        Assert.Single(trained.Distinct());
    }

    [Fact]
    public void A_run_on_offline_pairs_alone_needs_no_prompts()
    {
        var start = PureWorker.Start(Offline) with { Inputs = PureWorker.Start().Inputs with { Prompts = null } };
        Assert.Equal(RunStatus.Completed, PureWorker.Finish(PureWorker.Accept(null, start), _ => 0).Status);
    }

    [Fact]
    public void On_policy_without_bootstrapping_is_refused_at_the_start()
    {
        var start = PureWorker.Start(OnPolicy with { Bootstrap = OnPolicy.Bootstrap with { Keep = 0 } });
        Assert.Equal(
            "training.data: on-policy; expected union or offline where bootstrap.keep = 0 leaves no bootstrapped pair",
            ((Decision.Reject)RunDecider.Decide(null, start, PureWorker.Now)).Reply.Reason);
    }

    [Theory]
    [InlineData("identical 9, truncated 1", "raise bootstrap.samples or sampling.temperature")]
    [InlineData("identical 1, truncated 9", "raise sampling.max-new-tokens, set bootstrap.keep-truncated = true")]
    public void A_round_whose_own_responses_give_no_pair_fails_the_run_and_says_what_to_do(string filtered, string remedy)
    {
        var state = PureWorker.Begin(OnPolicy);
        while (RunWork.Outstanding(state).FirstOrDefault(o => o.Kind == WorkKind.Bootstrap) is null)
        {
            state = PureWorker.Record(state, RunWork.Outstanding(state)[0]);
        }
        var none = PureWorker.Do(RunWork.Outstanding(state).First(o => o.Kind == WorkKind.Bootstrap));
        var counts = filtered.Split(", ").Select(f => f.Split(' ')).ToImmutableSortedDictionary(f => f[0], f => f[1][0] - '0');
        none = none with { Bootstrapped = none.Bootstrapped! with { Statistics = PureWorker.Statistics(0) with { Filtered = counts } } };
        state = PureWorker.Accept(state, new RecordWork("pure", 1, none));
        Assert.Equal((RunStatus.Failed, WorkFailureKind.Input), (state.Status, state.Failure!.Failure));
        Assert.Equal(
            $"round 2: no pair is left to train on ({filtered}); {remedy}, set training.data = union, or look at the data", state.Failure.Reason);
        Assert.Empty(RunWork.Outstanding(state));
    }

    private static TrainingPairRow[] Trained(SmallRun small, RoundState round) =>
        [.. new[] { round.Selected?.Result.Pairs, round.Bootstrapped?.Result.Pairs }.OfType<Model.Checkpoints.ArtifactRef>().SelectMany(p => Rows(small, p))];

    private static IEnumerable<TrainingPairRow> Rows(SmallRun small, Model.Checkpoints.ArtifactRef pairs) =>
        RowFile.Read(small.Store.Read(pairs), RowJson.Default.TrainingPairRow);

    /// <summary>Held-out pairs are scored in every round, whatever it trains on.</summary>
    private static bool IsRollouts(RunState state, string rows) =>
        rows != state.Inputs.Pairs.Artifact.Sha256 && rows != state.Inputs.HeldOut!.Artifact.Sha256;
}
