using System.Collections.Immutable;
using CsCheck;
using Sera.Benchmarks.Naive;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using Sera.Model.Tests.Models;
using TorchSharp;
using Xunit;

namespace Sera.Model.Tests.Scoring;

public class ScoringTests
{
    private static readonly Gen<TokenGroup[]> Groups =
        Gen.Select(Ids(1, 20), Ids(0, 15).Array[1, 5], (prompt, responses) => new TokenGroup("", prompt, [.. responses])).Array[1, 12]
            .Select(groups => groups.Select((g, i) => g with { Id = $"g{i}" }).ToArray());

    [Fact]
    public void Every_response_is_laid_out_once_and_batches_hold_only_what_fits() => Gen.Select(Groups, Gen.Int[1, 300]).Sample((groups, budget) =>
    {
        var batches = Branches.Batches(groups, budget).Select(pieces => (Pieces: pieces.Length, Batch: new TokenBatch(groups, pieces))).ToArray();
        var seen = batches.SelectMany(b => b.Batch.Responses).ToArray();
        var expected = groups.SelectMany((g, i) => g.Responses.Select((_, k) => (i, k))).ToArray();
        Assert.Equal(expected.Order(), seen.Order());
        foreach (var (pieces, batch) in batches)
        {
            // Only a piece of a single response may be longer than the budget.
            Assert.True(batch.Tokens <= budget || (pieces == 1 && batch.Responses.Count == 1));
            Assert.Equal(batch.Responses.Sum(r => groups[r.Group].Responses[r.Response].Length), batch.Labels.Count);
            Assert.Equal(Enumerable.Range(0, batch.Tokens), batch.Segments.SelectMany(s => Enumerable.Range(s.First, s.Count)));
        }
    });

    [Fact]
    public void Packed_scoring_equals_scoring_one_sequence_at_a_time()
    {
        using var policy = new GoldenPolicy("grouped");
        Gen.Select(Groups, Gen.Int[1, 300]).Sample((groups, budget) =>
        {
            var scored = Run(new ScoringWork(policy.Model, [.. groups], budget));
            var byToken = Run(new ScoringWork(policy.Model, [.. groups], budget, details: ScoreDetails.Tokens));
            for (var g = 0; g < groups.Length; g++)
            {
                Assert.Equal(groups[g].Id, scored[g].Id);
                Assert.Null(scored[g].Tokens);
                Assert.Equal(scored[g].Logps.ToArray(), byToken[g].Logps.ToArray());
                Assert.Equal(groups[g].Responses.Select(r => r.Length), byToken[g].Tokens!.Value.Select(t => t.Length));
                Assert.Equal(scored[g].Logps.ToArray(), byToken[g].Tokens!.Value.Select(t => (float)t.Sum(l => (double)l)));
                for (var k = 0; k < groups[g].Responses.Length; k++)
                    Assert.Equal(new NaiveLlama(policy.Model).LogpOf(groups[g].Prompt, groups[g].Responses[k]), scored[g].Logps[k], 1e-4f);
            }
        }, iter: 30, threads: 1);
    }

    [Fact]
    public void Mean_states_are_those_of_each_response_by_itself_and_leave_the_log_probabilities_alone()
    {
        using var policy = new GoldenPolicy("grouped");
        Gen.Select(Groups, Gen.Int[1, 300]).Sample((groups, budget) =>
        {
            var scored = Run(new ScoringWork(policy.Model, [.. groups], budget, details: ScoreDetails.States));
            for (var g = 0; g < groups.Length; g++)
            {
                for (var k = 0; k < groups[g].Responses.Length; k++)
                {
                    Assert.Equal(new NaiveLlama(policy.Model).LogpOf(groups[g].Prompt, groups[g].Responses[k]), scored[g].Logps[k], 1e-4f);
                    var expected = MeanState(policy.Model, groups[g].Prompt, groups[g].Responses[k]);
                    Assert.All(expected.Zip(scored[g].States!.Value[k]), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
                }
            }
        }, iter: 15, threads: 1);
    }

    /// <summary>A token behind the response makes each of its own states one that predicts something; the first predicts the response.</summary>
    private static float[] MeanState(LlamaModel model, ImmutableArray<int> prompt, ImmutableArray<int> response)
    {
        if (response.IsEmpty) return new float[model.Config.HiddenSize];
        using var scope = torch.NewDisposeScope();
        var states = SequenceLogps.ResponseStates(model, new TokenBatch([new TokenGroup("x", prompt, [response.Add(3)])]));
        return states.narrow(0, 1, response.Length).mean([0L]).data<float>().ToArray();
    }

    [SharedFact]
    public void Packed_scoring_of_real_weights_equals_scoring_one_sequence_at_a_time()
    {
        using var model = StoriesPolicy.Load(out var parameters);
        using var owned = parameters;
        ImmutableArray<TokenGroup> groups = [.. StoriesPolicy.Golden().GetProperty("cases").EnumerateArray().Select((item, i) =>
        {
            ImmutableArray<int> ids = [.. item.GetProperty("ids").EnumerateArray().Select(x => x.GetInt32())];
            return new TokenGroup($"c{i}", ids[..2], [ids[2..], ids[2..^1], [.. ids[2..].Reverse()]]);
        })];
        var scored = Run(new ScoringWork(model, groups, 1024));
        for (var g = 0; g < groups.Length; g++)
            for (var k = 0; k < 3; k++)
            {
                var alone = new NaiveLlama(model).LogpOf(groups[g].Prompt, groups[g].Responses[k]);
                Assert.Equal(alone, scored[g].Logps[k], 1e-5f * Math.Max(1, Math.Abs(alone)));
            }
    }

    [Fact]
    public void Work_on_two_threads_at_once_gives_the_same_bits_as_alone()
    {
        new TorchSettings("cpu", 1).Apply();
        using var policy = new GoldenPolicy("llama3");
        var random = new Random(3);
        ImmutableArray<TokenGroup> groups = [.. Enumerable.Range(0, 60).Select(i => new TokenGroup($"g{i}", Some(12), [Some(9), Some(17)]))];
        var serial = Run(new ScoringWork(policy.Model, groups, 512)).SelectMany(g => g.Logps).ToArray();
        var results = new float[4][];
        var threads = Enumerable.Range(0, 4).Select(t => new Thread(() => results[t] = [.. Run(new ScoringWork(policy.Model, groups, 512)).SelectMany(g => g.Logps)])).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.All(results, result => Assert.Equal(serial, result));

        ImmutableArray<int> Some(int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(32))];
    }

    [Fact]
    public void No_tensor_outlives_a_quantum()
    {
        using var policy = new GoldenPolicy("grouped");
        ImmutableArray<TokenGroup> groups = [.. Enumerable.Range(0, 40).Select(i => new TokenGroup($"g{i}", policy.Ids[..20], [policy.Ids[20..], policy.Ids[25..]]))];
        using var work = new ScoringWork(policy.Model, groups, 256);
        Assert.True(work.Advance());
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        while (work.Advance()) Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal(new WorkProgress(80, 80, 40 * (20 + 19 + 14)), work.Progress);
    }

    [Fact]
    public void What_a_policy_cannot_compute_is_refused_naming_the_group()
    {
        using var policy = new GoldenPolicy("grouped");
        Assert.StartsWith("group 'x': token id 40 in response 2; expected 0 to 39", Refused([1], [2], [3, 40]), StringComparison.Ordinal);
        Assert.StartsWith("group 'x': token id -1 in the prompt; expected 0 to 39", Refused([-1], [2]), StringComparison.Ordinal);
        Assert.StartsWith("group 'x': an empty prompt", Refused([], [2]), StringComparison.Ordinal);
        Assert.StartsWith("group 'x': 129 tokens of prompt and response 1; expected at most 128", Refused([1], [.. Enumerable.Repeat(2, 128)]), StringComparison.Ordinal);

        string Refused(ImmutableArray<int> prompt, params ImmutableArray<int>[] responses) =>
            Assert.Throws<InputException>(() => new ScoringWork(policy.Model, [new TokenGroup("x", prompt, [.. responses])], 64)).Message;
    }

    private static ImmutableArray<GroupLogps> Run(ScoringWork work)
    {
        using (work)
        {
            while (work.Advance())
            {
            }
            return work.Result;
        }
    }

    private static Gen<ImmutableArray<int>> Ids(int least, int most) => Gen.Int[0, 39].Array[least, most].Select(ids => ids.ToImmutableArray());
}
