using System.Collections.Immutable;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>What losses ask scoring for beside summed log-probabilities, on its way to the pairs.</summary>
public sealed class ScoreReadsTests
{
    private static readonly RunOptions Refined = SmallRun.Options with { Loss = new LossOptions("sr-dpo", 0.1, 0, RefinementPrompt: "well: ") };

    [Fact]
    public async Task The_round_s_starting_policy_and_the_reference_are_scored_under_the_augmented_prompt_and_refine_the_pairs()
    {
        using var small = new SmallRun();
        var prefix = small.Store.Write("prompt-prefix", RowFile.Write([new PromptPrefixRow("well: ", [7, 8], 1)], RowJson.Default.PromptPrefixRow));
        await using (var node = await small.NodeAsync())
        {
            await node.StartRunAsync(small.Start(Refined) with { Inputs = small.Inputs with { Prefix = prefix } });
            var state = await SmallRun.LastAsync(node);
            Assert.Equal(RunStatus.Completed, state.Status);
            Assert.Contains(prefix, RunArtifacts.Needed(state));
            Assert.All(Trained(small, state.Rounds[1]), p => Assert.Null(p.Columns!.ChosenRefinement));
            foreach (var round in state.Rounds.Skip(2))
            {
                var (policy, reference) = (Scores(small, state, round, round.Scorer, prefix), Scores(small, state, round, state.Inputs.Policy, prefix));
                Assert.NotEmpty(Trained(small, round));
                foreach (var pair in Trained(small, round))
                {
                    // A bootstrapped pair's id names the prompt; its responses are two out of those that were scored.
                    var (id, w, l) = pair.Source == "offline" ? (pair.Id, 0, 1) : (pair.Id["bootstrapped/".Length..], -1, -1);
                    float[] ratios = [.. policy[id].Logps.Zip(reference[id].Logps, (p, r) => p - r)];
                    if (w >= 0) Assert.Equal((ratios[w], ratios[l]), ((float)pair.Columns!.ChosenRefinement!.Value, (float)pair.Columns.RejectedRefinement!.Value));
                    Assert.Contains((float)pair.Columns!.ChosenRefinement!.Value, ratios);
                    Assert.Contains((float)pair.Columns.RejectedRefinement!.Value, ratios);
                }
            }
        }
    }

    [Fact]
    public void The_augmented_prompt_keeps_its_beginning_of_sequence_token() =>
        Assert.Equal([1, 7, 8, 30, 31], new PromptPrefixRow("well: ", [7, 8], 1).Before([1, 30, 31]).ToArray());

    // The engine gives every token of a response the same log-probability. Chosen has 3 tokens, rejected 2, of which the last is the same.
    [Theory]
    [InlineData("ld", 2.5 / 3, 1)]
    [InlineData("bmc", 0, 0)]
    public async Task Log_probabilities_of_the_reference_are_weighted_token_by_token(string weights, double chosen, double rejected)
    {
        using var small = new SmallRun();
        var state = await small.RunAsync(options: SmallRun.Options with { Loss = new LossOptions("dpo", 0.1, 0, TokenWeights: weights) });
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.All(state.Scores.Keys, key => Assert.Equal(new ScoreReads(TokenLogps: true), key.Reads));
        var reference = Scores(small, state, state.Rounds[1], state.Inputs.Policy, null);
        foreach (var pair in Trained(small, state.Rounds[1]))
        {
            var (w, l) = (reference[pair.Id].Logps[0], reference[pair.Id].Logps[1]);
            var (factorW, factorL) = weights == "ld" ? (chosen, rejected) : ((2 * Edited(w / 3) + 1) / 3, (Edited(l / 2) + 1) / 2);
            Assert.Equal((w * factorW, l * factorL), (pair.RefChosen, pair.RefRejected), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-4 && Math.Abs(a.Item2 - b.Item2) < 1e-4);
            if (weights == "bmc") Assert.Equal("0 1 / 0", $"{string.Join(' ', pair.Columns!.ChosenEdits!.Value)} / {string.Join(' ', pair.Columns.RejectedEdits!.Value)}");
        }
        Assert.Contains(Trained(small, state.Rounds[2]), p => p.Source == "bootstrapped");

        static double Edited(double logp) => 1 + Math.Min(Math.Exp(-logp), 2);
    }

    [Fact]
    public void A_run_that_asks_for_nothing_has_the_orders_and_events_of_before()
    {
        var order = new ScoreOrder(new PolicyRef("base"), new ArtifactRef("pairs", "sha", 1), ScoredRowKind.Pairs, 0, 1, 4096);
        var id = WorkIds.Of(order);
        Assert.Equal("{\"policy\":{\"base\":\"base\",\"weights\":null,\"adapter\":null},\"rows\":{\"kind\":\"pairs\",\"sha256\":\"sha\",\"bytes\":1},\"shape\":\"pairs\",\"from\":0,\"to\":1,\"batchTokens\":4096}",
            System.Text.Json.JsonSerializer.Serialize(order, Serialization.WireJson.Default.ScoreOrder));
        Assert.NotEqual(id, WorkIds.Of(order with { Reads = new ScoreReads(TokenLogps: true) }));
        Assert.NotEqual(id, WorkIds.Of(order with { Reads = new ScoreReads(Prefix: order.Rows) }));
    }

    private static ImmutableArray<TrainingPairRow> Trained(SmallRun small, RoundState round) =>
    [
        .. new[] { round.Selected?.Result.Pairs, round.Bootstrapped?.Result.Pairs }.OfType<ArtifactRef>()
            .SelectMany(pairs => RowFile.Read(small.Store.Read(pairs), RowJson.Default.TrainingPairRow)),
    ];

    private static Dictionary<string, ScoreRow> Scores(SmallRun small, RunState state, RoundState round, PolicyRef policy, ArtifactRef? prefix) => state.Scores
        .Where(s => s.Key.Policy == policy && s.Key.Reads?.Prefix == prefix)
        .Where(s => s.Key.Rows == state.Inputs.Pairs.Artifact.Sha256 || round.Rollouts.Values.Any(r => r.Result.Rollouts.Sha256 == s.Key.Rows))
        .SelectMany(s => RowFile.Read(small.Store.Read(s.Value.Result.Scores), RowJson.Default.ScoreRow))
        .ToDictionary(r => r.Id);
}
