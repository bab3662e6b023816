using System.Collections.Immutable;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>Rewards of a reward model, and states of the starting policy, on their way from scoring to the pairs.</summary>
public sealed class RewardSourceTests
{
    private static readonly PolicyRef RewardModel = new(new string('b', 64));

    [Fact]
    public async Task A_reward_model_selects_and_bootstraps_in_place_of_the_implicit_reward()
    {
        using var small = new SmallRun();
        await using var node = await small.NodeAsync();
        await node.StartRunAsync(small.Start(SmallRun.Options with { Reward = RewardSource.Model }) with { Inputs = small.Inputs with { RewardModel = RewardModel } });
        var state = await SmallRun.LastAsync(node);
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.Contains(RewardModel, RunArtifacts.Policies(state));
        Assert.All(state.Scores.Keys, key => Assert.Equal(key.Policy == RewardModel ? new ScoreReads(Rewards: true) : null, key.Reads));
        // The same in every round: the offline pairs are scored once, the rollouts of each round from 2 on once.
        Assert.Equal(20, state.Scores.Values.Where(s => s.Policy == RewardModel && s.Rows == state.Inputs.Pairs.Artifact.Sha256).Sum(s => s.Result.Rows));
        var rewards = Scored(small, state, RewardModel, state.Inputs.Pairs.Artifact.Sha256).ToDictionary(row => row.Id, row => row.Rewards!.Value);
        foreach (var round in state.Rounds.Skip(2))
        {
            Assert.True(round.Bootstrapped!.Result.Statistics.Kept > 0);
            foreach (var row in Rows(small, round.Selected!.Result.Margins, RowJson.Default.MarginRow)) Assert.Equal((double)rewards[row.Id][0] - rewards[row.Id][1], row.Margin);
            // Of its prompt the best stands against the worst.
            foreach (var row in Rows(small, round.Bootstrapped.Result.Margins, RowJson.Default.MarginRow).Where(row => row.Kept))
                Assert.Contains(Responses(small, state, row.Id["bootstrapped/".Length..]), all => Math.Abs(all.Max() - (double)all.Min() - row.Margin) < 1e-12);
        }
        // Nothing but the training reference and the evaluation asks for log-probabilities of the offline pairs.
        Assert.Equal([state.Inputs.Policy], state.Scores.Keys.Where(k => k.Rows == state.Inputs.Pairs.Artifact.Sha256 && k.Reads is null).Select(k => k.Policy).Distinct());
    }

    [Theory]
    [InlineData(TrainingData.Union)]
    [InlineData(TrainingData.Replay)]
    public async Task The_cosine_prior_compares_what_the_starting_policy_makes_of_the_responses(TrainingData data)
    {
        using var small = new SmallRun();
        var state = await small.RunAsync(options: SmallRun.Options with { TrainingData = data, Loss = new LossOptions("pc-dpo", 0.1, 0, Prior: RewardPrior.Cosine) });
        Assert.Equal(RunStatus.Completed, state.Status);
        // The reference of training is the starting policy: its log-probabilities and its states come of one pass.
        Assert.DoesNotContain(state.Scores.Keys, k => k.Reads is { States: true } && k.Policy != state.Inputs.Policy);
        Assert.All(state.Scores.Keys.GroupBy(k => (k.Policy, k.Rows, k.From)), once => Assert.Single(once));
        var states = Scored(small, state, state.Inputs.Policy).Where(row => row.States is not null).ToLookup(row => row.Id, row => row.States!.Value);
        foreach (var round in state.Rounds.Skip(1))
        {
            var pairs = new[] { round.Selected!.Result.Pairs, round.Bootstrapped?.Result.Pairs }.OfType<ArtifactRef>().SelectMany(p => Rows(small, p, RowJson.Default.TrainingPairRow)).ToArray();
            Assert.NotEmpty(pairs);
            foreach (var pair in pairs)
            {
                var possible = states[pair.Source == "offline" ? pair.Id : pair.Id["bootstrapped/".Length..]]
                    .SelectMany(all => all.SelectMany(w => all.Select(l => CosinePrior.Similarity(w.AsSpan(), l.AsSpan()))));
                Assert.Contains(pair.Columns!.Similarity!.Value, possible);
            }
        }
        var first = Rows(small, state.Rounds[1].Selected!.Result.Pairs, RowJson.Default.TrainingPairRow)[0];
        var own = Assert.Single(states[first.Id]);
        Assert.Equal(CosinePrior.Similarity(own[0].AsSpan(), own[1].AsSpan()), first.Columns!.Similarity);
    }

    /// <param name="of">SHA-256 of the scored artifact; null for all.</param>
    private static IEnumerable<ScoreRow> Scored(SmallRun small, RunState state, PolicyRef policy, string? of = null) => state.Scores.Values
        .Where(s => s.Policy == policy && (of is null || s.Rows == of)).SelectMany(s => Rows(small, s.Result.Scores, RowJson.Default.ScoreRow));

    /// <summary>Rewards of all responses to a prompt, in each round.</summary>
    private static IEnumerable<ImmutableArray<float>> Responses(SmallRun small, RunState state, string prompt) =>
        Scored(small, state, RewardModel).Where(row => row.Id == prompt).Select(row => row.Rewards!.Value);

    private static ImmutableArray<T> Rows<T>(SmallRun small, ArtifactRef artifact, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        [.. RowFile.Read(small.Store.Read(artifact), type)];
}
