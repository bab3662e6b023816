using CsCheck;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class RunDeciderTests
{
    private static readonly Gen<RunOptions> AnyOptions = Gen.Select(
        Gen.Int[1, 4], Gen.Int[0, 3].Select(i => new[] { "dpo", "ipo", "slic-hf", "simpo" }[i]), Gen.Int[0, 2].Select(i => new[] { 0.0, 0.3, 1.0 }[i]),
        Gen.OneOf((TrainingData.Union, 0.5), (TrainingData.Union, 0.0), (TrainingData.Offline, 0.5), (TrainingData.OnPolicy, 0.5)),
        Gen.Select(Gen.Enum<PolicyChoice>(), Gen.Enum<PolicyChoice>(), Gen.Enum<PolicyChoice>(), Gen.Int[0, 5]), Gen.Int[1, 30], Gen.Int[1, 9],
        (rounds, loss, ensemble, sources, policies, scorePairs, every) => SmallRun.Options with
        {
            Rounds = rounds,
            Loss = SmallRun.Options.Loss with { Name = loss },
            Selection = SmallRun.Options.Selection with { Ensemble = ensemble },
            Bootstrap = SmallRun.Options.Bootstrap with { Keep = sources.Item2 },
            TrainingData = sources.Item1,
            Policies = new RoundPolicyOptions(
                policies.Item1, policies.Item2, policies.Item3, policies.Item4 == 0 || loss == "simpo" ? null : new ReferenceSyncOptions(policies.Item4, 0.6)),
            Shards = SmallRun.Options.Shards with { ScorePairs = scorePairs },
            Training = SmallRun.Options.Training with { CheckpointEvery = every },
        });

    [Fact]
    public void Options_and_inputs_that_do_not_go_together_are_rejected()
    {
        var model = PureWorker.Start(SmallRun.Options with { Reward = RewardSource.Model });
        var refined = PureWorker.Start(SmallRun.Options with { Loss = new LossOptions("sr-dpo", 0.1, 0, RefinementPrompt: "well") });
        var prefix = new ArtifactRef("prompt-prefix", Sha256.Of("prefix"), 1);
        Assert.True(Accepted(model));
        Assert.True(Accepted(refined with { Inputs = refined.Inputs with { Prefix = prefix } }));
        Assert.False(Accepted(model with { Inputs = model.Inputs with { RewardModel = null } }));
        Assert.False(Accepted(PureWorker.Start() with { Inputs = model.Inputs }));
        Assert.False(Accepted(refined));
        Assert.False(Accepted(PureWorker.Start() with { Inputs = refined.Inputs with { Prefix = prefix } }));

        static bool Accepted(StartRun start) => RunDecider.Decide(null, start, PureWorker.Now) is Decision.Accept;
    }

    [Fact]
    public void The_order_of_results_does_not_matter_and_every_run_ends() =>
        Gen.Select(AnyOptions, Gen.Int, Gen.Int).Sample((options, one, other) =>
        {
            var (first, second) = (Walk(options, one), Walk(options, other));
            Assert.Equal(RunStatus.Completed, first.Status);
            Assert.Equal(options.Rounds + 1, first.Rounds.Length);
            Assert.Equal(first.Rounds.Select(r => r.Policy), second.Rounds.Select(r => r.Policy));
            Assert.Equal(first.Rounds.Select(r => r.Evaluated!.Result), second.Rounds.Select(r => r.Evaluated!.Result));
        }, iter: 60);

    [Fact]
    public void Something_is_outstanding_exactly_while_the_run_works() => AnyOptions.Sample(options =>
    {
        var state = PureWorker.Begin(options);
        while (state.Status == RunStatus.Running)
        {
            state = PureWorker.Record(state, Assert.Single(RunWork.Outstanding(state).Take(1)));
        }
        Assert.Empty(RunWork.Outstanding(state));
    }, iter: 30);

    [Fact]
    public void Resuming_announces_the_same_work_under_a_higher_epoch()
    {
        var state = PureWorker.Record(PureWorker.Begin(), RunWork.Outstanding(PureWorker.Begin())[0]);
        var resumed = PureWorker.Accept(state, new ResumeRun(state.RunId, "other"));
        Assert.Equal(RunWork.Outstanding(state).Select(o => o.WorkId), RunWork.Outstanding(resumed).Select(o => o.WorkId));
        Assert.Equal(state.Epoch + 1, resumed.Epoch);
        Assert.Equal("pure other", string.Join(" ", resumed.Fingerprints));
    }

    [Fact]
    public void A_paused_run_asks_for_nothing_and_goes_on_where_it_was()
    {
        var state = PureWorker.Record(PureWorker.Begin(), RunWork.Outstanding(PureWorker.Begin())[0]);
        var paused = PureWorker.Accept(state, new PauseRun(state.RunId));
        Assert.Equal(RunStatus.Paused, paused.Status);
        Assert.Empty(RunWork.Outstanding(paused));
        Assert.Equal(RunReplyKind.Accepted, ((Decision.Reject)RunDecider.Decide(paused, new PauseRun(state.RunId), PureWorker.Now)).Reply.Kind);
        Assert.IsType<Decision.Nothing>(RunDecider.Decide(paused, new ResumeRun(state.RunId, OnlyIfWorking: true), PureWorker.Now));
        var resumed = PureWorker.Accept(paused, new ResumeRun(state.RunId));
        Assert.Equal(RunWork.Outstanding(state).Select(o => o.WorkId), RunWork.Outstanding(resumed).Select(o => o.WorkId));
        Assert.Equal(RunStatus.Completed, PureWorker.Finish(resumed, n => n - 1).Status);
    }

    [Fact]
    public void A_cancelled_run_is_over()
    {
        var cancelled = PureWorker.Accept(PureWorker.Begin(), new CancelRun("pure"));
        Assert.Equal(RunStatus.Cancelled, cancelled.Status);
        Assert.Empty(RunWork.Outstanding(cancelled));
        IRunCommand[] commands = [new ResumeRun("pure"), new PauseRun("pure")];
        Assert.All(commands, c => Assert.Equal(RunReplyKind.Rejected, ((Decision.Reject)RunDecider.Decide(cancelled, c, PureWorker.Now)).Reply.Kind));
        Assert.IsType<Decision.Nothing>(RunDecider.Decide(cancelled, new ResumeRun("pure", OnlyIfWorking: true), PureWorker.Now));
    }

    [Fact]
    public void A_completed_run_neither_pauses_nor_cancels()
    {
        var completed = PureWorker.Finish(PureWorker.Begin(), _ => 0);
        IRunCommand[] commands = [new PauseRun("pure"), new CancelRun("pure")];
        Assert.All(commands, c => Assert.Equal(RunReplyKind.Finished, ((Decision.Reject)RunDecider.Decide(completed, c, PureWorker.Now)).Reply.Kind));
    }

    [Fact]
    public void A_repeated_result_a_strange_one_and_one_of_an_old_epoch_change_nothing()
    {
        var before = PureWorker.Begin();
        var order = RunWork.Outstanding(before)[0];
        var after = PureWorker.Record(before, order);
        var result = PureWorker.Do(order);
        Assert.IsType<Decision.Nothing>(RunDecider.Decide(after, new RecordWork("pure", 1, result), PureWorker.Now));
        Assert.IsType<Decision.Nothing>(RunDecider.Decide(before, new RecordWork("pure", 0, result), PureWorker.Now));
        Assert.IsType<Decision.Nothing>(RunDecider.Decide(before, new RecordWork("pure", 1, result with { WorkId = "x" }), PureWorker.Now));
        Assert.IsType<Decision.Nothing>(
            RunDecider.Decide(before, new RecordWork("pure", 1, new WorkResult(order.WorkId, result.Effort)), PureWorker.Now));
        Assert.IsType<Decision.Nothing>(RunDecider.Decide(null, new RecordWork("pure", 1, result), PureWorker.Now));
    }

    [Fact]
    public void Offline_scoring_and_generation_of_a_round_are_outstanding_together_and_rollouts_are_scored_shard_by_shard()
    {
        var state = UntilRound(2);
        var kinds = RunWork.Outstanding(state).Where(o => o.Round == 2).GroupBy(o => o.Kind).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(3, kinds[WorkKind.Score]); // 20 pairs in shards of 8, under pi_1; the reference was scored in round 1
        Assert.Equal(3, kinds[WorkKind.Generate]); // 10 prompts in shards of 4
        var shard = RunWork.Outstanding(state).First(o => o is { Round: 2, Kind: WorkKind.Generate });
        var next = PureWorker.Record(state, shard);
        var rollouts = PureWorker.Do(shard).Generated!.Rollouts.Sha256;
        Assert.Equal(2, RunWork.Outstanding(next).Count(o => o.Score?.Rows.Sha256 == rollouts)); // pi_1 and the starting policy
    }

    [Fact]
    public void Round_three_scores_with_two_policies_only_where_the_ensemble_counts()
    {
        Assert.Equal(2, ScoredWith(0.3));
        Assert.Equal(1, ScoredWith(0));

        static int ScoredWith(double ensemble) => UntilRound(3, SmallRun.Options with { Selection = new SelectionOptions(0.6, ensemble) })
            is var state && PureWorker.Finish(state, _ => 0) is var done
            ? done.Scores.Keys.Where(k => k.Rows == done.Rounds[3].Rollouts[0].Result.Rollouts.Sha256 && k.Policy != done.Inputs.Policy).Count()
            : 0;
    }

    [Fact]
    public void A_loss_without_reference_never_scores_the_starting_policy_as_one()
    {
        var done = PureWorker.Finish(PureWorker.Begin(SmallRun.Options with { Loss = new LossOptions("simpo", 2, 0.5) }), _ => 0);
        Assert.DoesNotContain(done.Scores.Values, s => s.Policy == done.Inputs.Policy && s.Rows != done.Inputs.HeldOut!.Artifact.Sha256);
    }

    [Fact]
    public void The_reference_of_a_score_can_be_the_policy_before()
    {
        var options = SmallRun.Options with { Policies = new RoundPolicyOptions(PolicyChoice.Previous, PolicyChoice.Previous, PolicyChoice.Previous) };
        var done = PureWorker.Finish(PureWorker.Begin(options), _ => 0);
        var rollouts = done.Rounds[3].Rollouts[0].Result.Rollouts.Sha256;
        Assert.Equal(
            new[] { done.PolicyAfter(0), done.PolicyAfter(1), done.PolicyAfter(2) }.Select(p => p!.Digest).Order(),
            done.Scores.Keys.Where(k => k.Rows == rollouts).Select(k => k.Policy.Digest).Order());
        Assert.Equal(done.PolicyAfter(2), done.Rounds[3].Init);
    }

    [Fact]
    public void Every_round_starts_from_the_starting_policy_when_init_says_so()
    {
        var options = SmallRun.Options with { Policies = SmallRun.Options.Policies with { Init = PolicyChoice.Sft } };
        Assert.All(PureWorker.Finish(PureWorker.Begin(options), _ => 0).Rounds, r => Assert.Equal(PureWorker.Start().Inputs.Policy, r.Init));
    }

    [Fact]
    public void One_round_is_plain_preference_optimization()
    {
        var done = PureWorker.Finish(PureWorker.Begin(SmallRun.Options with { Rounds = 1 }), _ => 0);
        Assert.Equal(RunStatus.Completed, done.Status);
        Assert.Empty(done.Rounds[1].Rollouts);
        Assert.Null(done.Rounds[1].Bootstrapped);
    }

    [Fact]
    public void A_round_without_pairs_fails_the_run_and_says_why()
    {
        var state = PureWorker.Begin();
        while (RunWork.Outstanding(state).FirstOrDefault(o => o.Kind == WorkKind.Select) is not { } select)
        {
            state = PureWorker.Record(state, RunWork.Outstanding(state)[0]);
        }
        var order = RunWork.Outstanding(state).First(o => o.Kind == WorkKind.Select);
        var empty = PureWorker.Do(order);
        empty = empty with { Selected = empty.Selected! with { Statistics = PureWorker.Statistics(0) } };
        state = PureWorker.Accept(state, new RecordWork("pure", 1, empty));
        Assert.Equal(RunStatus.Failed, state.Status);
        Assert.Equal(
            "round 1: no pair is left to train on (below-k 20); look at the data", state.Failure!.Reason);
        Assert.Empty(RunWork.Outstanding(state));
    }

    [Fact]
    public void Starting_a_run_that_exists_is_rejected_and_so_is_one_that_cannot_work()
    {
        Assert.IsType<Decision.Reject>(RunDecider.Decide(PureWorker.Begin(), PureWorker.Start(), PureWorker.Now));
        Assert.Contains("loss.beta", Reason(PureWorker.Start(SmallRun.Options with { Loss = new LossOptions("dpo", 0, 0) })), StringComparison.Ordinal);
        Assert.Contains("prompts", Reason(PureWorker.Start() with { Inputs = PureWorker.Start().Inputs with { Prompts = null } }), StringComparison.Ordinal);

        static string Reason(StartRun start) => ((Decision.Reject)RunDecider.Decide(null, start, PureWorker.Now)).Reply.Reason!;
    }

    [Fact]
    public void Resuming_a_finished_run_says_so_and_an_unknown_one_is_unknown()
    {
        var done = PureWorker.Finish(PureWorker.Begin(), _ => 0);
        Assert.Equal(RunReplyKind.Finished, ((Decision.Reject)RunDecider.Decide(done, new ResumeRun("pure"), PureWorker.Now)).Reply.Kind);
        Assert.Equal(RunReplyKind.Unknown, ((Decision.Reject)RunDecider.Decide(null, new ResumeRun("pure"), PureWorker.Now)).Reply.Kind);
    }

    [Fact]
    public void Work_ids_name_inputs_and_nothing_else()
    {
        var one = RunWork.Outstanding(PureWorker.Begin()).Select(o => o.WorkId);
        var renamed = RunWork.Outstanding(PureWorker.Accept(null, PureWorker.Start() with { RunId = "other" })).Select(o => o.WorkId);
        var reseeded = RunWork.Outstanding(PureWorker.Begin(SmallRun.Options with { Shards = SmallRun.Options.Shards with { ScoreBatchTokens = 255 } }));
        Assert.Equal(one, renamed);
        Assert.Empty(reseeded.Where(o => o.Kind == WorkKind.Score).Select(o => o.WorkId).Intersect(one));
    }

    [Fact]
    public void An_event_out_of_place_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => RunEvolution.Evolve(null, new RunResumed("x", PureWorker.Now)));
        Assert.Throws<InvalidOperationException>(() => RunEvolution.Evolve(PureWorker.Begin(), new RoundOpened(7, new("a"), new("a"), PureWorker.Now)));
        Assert.Throws<InvalidOperationException>(() => RunEvolution.Evolve(PureWorker.Begin(), new StrangeEvent(PureWorker.Now)));
    }

    [Fact]
    public void Checkpoints_lost_at_any_moment_cost_time_and_nothing_else() => Gen.Select(AnyOptions, Gen.Int).Sample((options, seed) =>
    {
        var random = new Random(seed);
        var state = PureWorker.Begin(options);
        while (RunWork.Outstanding(state) is { IsEmpty: false } outstanding)
        {
            var order = outstanding[random.Next(outstanding.Length)];
            if (order.Train?.Segment.Checkpoint is null || random.Next(3) > 0) state = PureWorker.Record(state, order);
            else state = LoseCheckpoint(PureWorker.Accept(state, new ResumeRun(state.RunId)), order);
        }
        var undisturbed = Walk(options, seed);
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.Equal(undisturbed.Rounds.Select(r => r.Policy), state.Rounds.Select(r => r.Policy));
        Assert.Equal(undisturbed.Rounds.SelectMany(r => r.Segments), state.Rounds.SelectMany(r => r.Segments));
        Assert.DoesNotContain(RunArtifacts.Needed(state), a => a.Kind == ArtifactRef.CheckpointKind);
        Assert.Equal(state.Rounds.Sum(r => r.Checkpoints.Length), RunArtifacts.Superseded(state).Length);
    }, iter: 60);

    [Fact]
    public void Checkpoints_that_are_lost_again_after_the_round_trained_again_fail_the_run_as_damage_and_resuming_tries_again()
    {
        var state = UntilCheckpoint(PureWorker.Begin());
        var lost = LoseCheckpoint(state, Training(state));
        Assert.Equal((RunStatus.Running, 0, 0), (lost.Status, lost.Rounds[1].Checkpoints.Length, Training(lost).Train!.Segment.FromStep));
        Assert.Equal(Training(UntilTraining(PureWorker.Begin())).WorkId, Training(lost).WorkId);
        var again = UntilCheckpoint(lost);
        var failed = LoseCheckpoint(again, Training(again));
        Assert.Equal((RunStatus.Failed, WorkFailureKind.Damaged, "gone"), (failed.Status, failed.Failure!.Failure, failed.Failure.Reason));
        var resumed = PureWorker.Accept(failed, new ResumeRun("pure"));
        Assert.Equal(RunStatus.Running, LoseCheckpoint(resumed, Training(resumed)).Status);
    }

    [Fact]
    public void Of_a_rounds_checkpoints_all_but_the_last_are_superseded_and_with_the_trained_policy_all()
    {
        var options = SmallRun.Options with { Training = SmallRun.Options.Training with { CheckpointEvery = 2 } };
        var state = UntilCheckpoint(UntilCheckpoint(PureWorker.Begin(options)));
        var checkpoints = state.Rounds[1].Checkpoints.Select(c => c.Result.Checkpoint).ToArray();
        Assert.Equal(2, checkpoints.Length);
        Assert.Equal(checkpoints[..1], RunArtifacts.Superseded(state));
        while (state.Rounds[1].Trained is null) state = PureWorker.Record(state, Training(state));
        Assert.Equal(state.Rounds[1].Checkpoints.Select(c => c.Result.Checkpoint), RunArtifacts.Superseded(state));
    }

    /// <summary>Ten thousand pairs and two thousand prompts in shards of the default size.</summary>
    [Fact]
    public void The_journal_of_three_rounds_has_hundreds_of_events_and_not_thousands()
    {
        var start = PureWorker.Start(SmallRun.Options with
        {
            Shards = new ShardOptions(256, 64, 4096, 64),
            Training = SmallRun.Options.Training with { CheckpointEvery = 20 },
        });
        RowSource Rows(RowSource source, int count) => source with { Count = count };
        var state = PureWorker.Accept(null, start with
        {
            Inputs = start.Inputs with
            {
                Pairs = Rows(start.Inputs.Pairs, 10_000),
                Prompts = Rows(start.Inputs.Prompts!, 2_000),
                HeldOut = Rows(start.Inputs.HeldOut!, 1_000),
                Evaluation = Rows(start.Inputs.Evaluation!, 500),
            },
        });
        state = PureWorker.Finish(state, _ => 0);
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.InRange(state.Events, 100, 600);
    }

    private static WorkOrder Training(RunState state) => Assert.Single(RunWork.Outstanding(state), o => o.Kind == WorkKind.Train);

    private static RunState LoseCheckpoint(RunState state, WorkOrder training) =>
        PureWorker.Accept(state, new GiveUpWork("pure", state.Epoch, training.WorkId, WorkFailureKind.Checkpoint, "gone"));

    private static RunState UntilTraining(RunState state)
    {
        while (RunWork.Outstanding(state).All(o => o.Kind != WorkKind.Train)) state = PureWorker.Record(state, RunWork.Outstanding(state)[0]);
        return state;
    }

    private static RunState UntilCheckpoint(RunState state)
    {
        var ready = UntilTraining(state);
        return PureWorker.Record(ready, Training(ready));
    }

    private static RunState Walk(RunOptions options, int seed)
    {
        var random = new Random(seed);
        return PureWorker.Finish(PureWorker.Begin(options), random.Next);
    }

    private static RunState UntilRound(int round, RunOptions? options = null)
    {
        var state = PureWorker.Begin(options);
        while (state.Rounds.Length <= round)
        {
            state = PureWorker.Record(state, RunWork.Outstanding(state)[0]);
        }
        return state;
    }

    private sealed record StrangeEvent(DateTimeOffset At) : IRunEvent;
}
