using System.Text.Json;
using Sera.Actors.Runs;
using Sera.Actors.Serialization;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>The third response that some losses read (docs/methods.md), from its generation to the pairs it is trained with.</summary>
public sealed class ExplorationTests
{
    private static RunOptions With(string loss) => SmallRun.Options with { Loss = new LossOptions(loss, 0.1, 0) };

    [Theory]
    [InlineData("selm", true)]
    [InlineData("xpo", false)]
    public async Task Bootstrapped_pairs_carry_the_explored_response_to_their_prompt_and_offline_ones_none(string loss, bool scored)
    {
        using var small = new SmallRun();
        var state = await small.RunAsync(options: With(loss));
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.Empty(state.Rounds[1].Explored);
        foreach (var round in state.Rounds.Skip(2))
        {
            var explored = round.Explored.Values.SelectMany(r => RowFile.Read(small.Store.Read(r.Result.Rollouts), RowJson.Default.RolloutRow)).ToDictionary(r => r.Id);
            Assert.Equal(10, explored.Count);
            Assert.All(explored.Values, r => Assert.Single(r.Responses));
            var own = RowFile.Read(small.Store.Read(round.Bootstrapped!.Result.Pairs), RowJson.Default.TrainingPairRow);
            Assert.NotEmpty(own);
            Assert.All(own, p => Assert.Equal(explored[p.Id["bootstrapped/".Length..]].Responses[0].Tokens.AsEnumerable(), p.Explored!.Tokens));
            Assert.All(own, p => Assert.Equal(scored, p.Explored!.Reference != 0));
            Assert.All(
                RowFile.Read(small.Store.Read(round.Selected!.Result.Pairs), RowJson.Default.TrainingPairRow), p => Assert.Null(p.Explored));
        }
        Assert.NotEqual(Text(2), Text(3));

        string Text(int round) => string.Join(' ', state.Rounds[round].Explored.Values.Select(r => r.Result.Rollouts.Sha256));
    }

    [Fact]
    public void Selm_asks_the_entering_policy_greedily_and_xpo_samples_the_training_reference()
    {
        var selm = Explorations("selm");
        Assert.All(selm, o => Assert.Equal((0.0, 1.0, 0, 0UL, 1), (o.Sampling.Temperature, o.Sampling.TopP, o.Sampling.TopK, o.Seed, o.Samples)));
        Assert.Equal(2, selm.Select(o => o.Policy).Distinct().Count()); // of rounds 1 and 2, which enter rounds 2 and 3
        var xpo = Explorations("xpo");
        Assert.All(xpo, o => Assert.Equal(PureWorker.Start().Inputs.Policy, o.Policy));
        Assert.All(xpo, o => Assert.Equal((SmallRun.Options.Sampling, 1), (o.Sampling, o.Samples)));
        Assert.Equal(2, xpo.Select(o => o.Seed).Distinct().Count());
        Assert.Empty(Explorations("dpo"));

        static GenerateOrder[] Explorations(string loss)
        {
            var (state, orders) = (PureWorker.Begin(With(loss)), new List<GenerateOrder>());
            while (RunWork.Outstanding(state) is [var order, ..])
            {
                // Candidates have three samples, answers are of the evaluation prompts.
                if (order.Generate is { Samples: 1 } generate && generate.Prompts == state.Inputs.Prompts!.Artifact) orders.Add(generate);
                state = PureWorker.Record(state, order);
            }
            Assert.Equal(RunStatus.Completed, state.Status);
            return [.. orders];
        }
    }

    [Fact]
    public async Task What_is_explored_depends_neither_on_workers_nor_on_stops()
    {
        using var one = new SmallRun();
        using var many = new SmallRun();
        var expected = await one.RunAsync(options: With("xpo"));
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(await many.RunAsync(3, With("xpo"))));
        one.CutJournal(expected.Events / 2);
        await using var node = await one.NodeAsync();
        Assert.Equal(RunReplyKind.Accepted, (await node.ResumeRunAsync(SmallRun.Id)).Kind);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(await SmallRun.LastAsync(node)));
    }

    [Fact]
    public void The_explored_responses_are_part_of_the_work_and_go_over_the_wire()
    {
        var state = PureWorker.Begin(With("selm"));
        while (RunWork.Outstanding(state)[0].Bootstrap is null) state = PureWorker.Record(state, RunWork.Outstanding(state)[0]);
        var order = RunWork.Outstanding(state)[0].Bootstrap!;
        Assert.NotEqual(WorkIds.Of(order), WorkIds.Of(order with { Explored = null }));
        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(order, WireJson.Default.BootstrapOrder), WireJson.Default.BootstrapOrder)!;
        Assert.Equal(order.Explored!.Rollouts.AsEnumerable(), read.Explored!.Rollouts);
        var inputs = WorkInputs.Of(new WorkOrder("w", WorkKind.Bootstrap, "r", 2, 1, Bootstrap: order)).Artifacts;
        Assert.All(order.Explored.Rollouts.AddRange(order.Explored.Reference), a => Assert.Contains(a, inputs));
        Assert.NotEmpty(order.Explored.Reference);
    }
}
