using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>Bootstrapping from offline responses with a segment drawn anew (docs/methods.md).</summary>
public sealed class SegmentBootstrapTests
{
    private static readonly RunOptions Options = SmallRun.Options with
    {
        Bootstrap = SmallRun.Options.Bootstrap with { Keep = 1, Segments = new SegmentOptions(5) },
    };

    [Fact]
    public async Task The_chosen_response_stands_against_itself_with_another_segment()
    {
        using var small = new SmallRun();
        var state = await small.RunAsync(options: Options);
        Assert.Equal(RunStatus.Completed, state.Status);
        var offline = RowFile.Read(small.Store.Read(state.Inputs.Pairs.Artifact), RowJson.Default.PairRow).ToDictionary(p => p.Id);
        foreach (var round in state.Rounds.Skip(2))
        {
            Assert.Equal((20, 20), (round.Generated, round.Bootstrapped!.Result.Statistics.Candidates));
            var rows = round.Rollouts.Values.SelectMany(r => RowFile.Read(small.Store.Read(r.Result.Rollouts), RowJson.Default.RolloutRow)).ToArray();
            Assert.Equal(offline.Keys.Order(), rows.Select(r => r.Id).Order());
            foreach (var row in rows)
            {
                Assert.Equal(2, row.Responses.Length);
                Assert.Equal(offline[row.Id].ChosenTokens.AsEnumerable(), row.Responses[0].Tokens);
                Assert.Equal(offline[row.Id].Chosen, row.Responses[0].Text);
                // The engine ends every segment by itself after two tokens.
                var head = row.Responses[1].Tokens.Length - 2;
                Assert.InRange(head, 0, 2);
                Assert.Equal(row.Responses[0].Tokens[..head].AsEnumerable(), row.Responses[1].Tokens[..head]);
            }
            var own = RowFile.Read(small.Store.Read(round.Bootstrapped.Result.Pairs), RowJson.Default.TrainingPairRow);
            Assert.InRange(own.Count, 1, 19);
            Assert.All(own, p => Assert.True(p.Margin > 0));
            Assert.All(own, p => Assert.Equal(offline[p.Id["bootstrapped/".Length..]].ChosenTokens.AsEnumerable(), p.ChosenTokens));
            Assert.Equal(20 - own.Count, round.Bootstrapped.Result.Statistics.Filtered.Values.Sum());
        }
    }

    [Fact]
    public async Task Where_segments_begin_depends_neither_on_workers_nor_on_stops()
    {
        using var one = new SmallRun();
        using var many = new SmallRun();
        var expected = await one.RunAsync(options: Options);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(await many.RunAsync(3, Options)));
        one.CutJournal(expected.Events / 2);
        await using var node = await one.NodeAsync();
        Assert.Equal(RunReplyKind.Accepted, (await node.ResumeRunAsync(SmallRun.Id)).Kind);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(await SmallRun.LastAsync(node)));
    }

    [Fact]
    public void Segments_need_no_prompts_and_are_drawn_anew_by_the_policy_that_enters_each_round()
    {
        var start = PureWorker.Start(Options) with { Inputs = PureWorker.Start().Inputs with { Prompts = null } };
        var (state, orders) = (PureWorker.Accept(null, start), new List<GenerateOrder>());
        while (RunWork.Outstanding(state) is [var order, ..])
        {
            if (order.Generate is { Resample: true } generate) orders.Add(generate);
            state = PureWorker.Record(state, order);
        }
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.All(orders, o => Assert.Equal((state.Inputs.Pairs.Artifact, 1, 5), (o.Prompts, o.Samples, o.Sampling.MaxNewTokens)));
        Assert.Equal([state.PolicyAfter(1), state.PolicyAfter(2)], orders.Select(o => o.Policy).Distinct());
        Assert.Equal(2, orders.Select(o => o.Seed).Distinct().Count());
        Assert.Equal(orders.Count, orders.Select(WorkIds.Of).Distinct().Count());
    }
}
