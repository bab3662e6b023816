using System.Collections.Immutable;
using CsCheck;
using Sera.Benchmarks.Naive;
using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Engine;
using Sera.Model.Kernels;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using Sera.Model.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Models;

/// <summary>The hand-written backward pass against autograd over the plain forward.</summary>
public sealed class LlamaGradientTests
{
    private static readonly Gen<TokenGroup[]> Groups =
        Gen.Select(Ids(1, 150), Ids(1, 60).Array[1, 4], (prompt, responses) => new TokenGroup("", prompt, [.. responses])).Array[1, 5];

    [Fact]
    public void Full_gradients_equal_those_of_autograd() => Gen.Select(RandomLlama.Variant(Small with { Context = 1024 }), Groups, Gen.Bool, Gen.Bool, Gen.Bool).Sample(
        (config, groups, recompute, torch, oneKvHead) =>
        {
            AssertFull(oneKvHead ? config with { KvHeads = 1 } : config, groups, recompute, torch ? new TorchKernels() : new CpuKernels());
        },
        iter: 20, threads: 1);

    /// <summary>A prompt and a response that are cut into stretches of queries, and short responses beside them.</summary>
    [Fact]
    public void Long_prompts_and_responses_have_the_gradients_of_autograd()
    {
        var random = new Random(2);
        TokenGroup[] groups = [new("a", Some(600), [Some(300), Some(20), Some(90), Some(0), Some(1)]), new("b", Some(3), [Some(2)]), new("c", Some(1), [Some(400)])];
        AssertFull(Small with { Context = 1024 }, groups, recompute: false);
        // Beyond the window of one layer nothing of the prompt is seen, or of the response's own beginning.
        AssertFull(Small with { Context = 1024, Window = 70, SlidingLayers = [1], SlidingRopeTheta = 300, AttentionCap = 2 }, groups, recompute: true);

        ImmutableArray<int> Some(int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(40))];
    }

    /// <summary>A vocabulary so large that logits are made 64 at a time: an example that holds more is computed in parts, one that holds fewer has them to itself.</summary>
    [Fact]
    public void Examples_longer_and_shorter_than_the_logits_held_at_once_have_the_gradients_of_autograd()
    {
        var config = Small with { VocabularySize = 140_000, Layers = 1 };
        TokenGroup[] groups = [new("a", [1, 2], [Some(40), Some(45)]), new("b", [3], [Some(50), Some(1)]), new("c", [4, 5], [Some(30), Some(9)])];
        AssertFull(config, groups, recompute: false);
        using var parameters = FlatParameters.Frozen(LlamaLayout.Of(config), LlamaWeights.Random(config, 3));
        using var model = new LlamaModel(config, parameters);
        var naive = new NaiveLlama(model);
        AssertEqual([.. groups.SelectMany(g => g.Responses.Select(r => naive.LogpOf(g.Prompt, r)))], SequenceLogps.Of(model, new TokenBatch(groups)));

        ImmutableArray<int> Some(int length) => [.. Enumerable.Range(0, length).Select(i => (7919 * i + 104_729) % 140_000)];
    }

    [Fact]
    public void What_is_computed_again_is_not_kept()
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenPolicy("grouped");
        using var tokens = new PackedTensors(golden.Ids.Select(i => (long)i).ToArray(), Enumerable.Range(0, golden.Ids.Length).Select(i => (long)i).ToArray(), Whole(golden.Ids.Length), CPU);
        var kept = Live(recompute: false);
        var again = Live(recompute: true);
        Assert.Equal(6 * golden.Model.Config.Layers, kept - again);

        long Live(bool recompute)
        {
            var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            using var pass = new LlamaGradient(golden.Model, tokens, recompute);
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
        }
    }

    [Theory]
    [InlineData("grouped", "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj")]
    [InlineData("grouped", "k_proj,up_proj")]
    [InlineData("gemma2", "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj")]
    [InlineData("gemma3", "q_proj,o_proj,gate_proj,down_proj")]
    public void Adapter_gradients_equal_those_of_autograd(string variant, string targets)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenPolicy(variant);
        var options = new LoraOptions(3, 6, targets.Split(','));
        var layout = LoraAdapter.LayoutOf(golden.Model.Config, options);
        using var adapter = new LoraAdapter(golden.Model.Config, options, FlatParameters.Trainable(layout, randn(layout.Length, generator: new Generator(5)).mul_(0.3)));
        using var model = new LlamaModel(golden.Model.Config, golden.Parameters, adapter);
        var leaves = layout.Parameters.ToDictionary(p => p.Name, p => adapter.Parameters[p.Name].clone().requires_grad_());
        TokenGroup[] groups = [new("a", golden.Ids[..9], [golden.Ids[9..], golden.Ids[12..20]]), new("b", golden.Ids[3..5], [golden.Ids[5..9]])];
        AssertEqual(Autograd(new NaiveLlama(golden.Model.Config, Adapted), groups), Ours(model, groups, false));
        foreach (var parameter in layout.Parameters)
            AssertEqual(leaves[parameter.Name].grad, adapter.Parameters.Gradient!.narrow(0, parameter.Offset, parameter.Count).view([.. parameter.Shape]), parameter.Name);

        Tensor Adapted(string name)
        {
            var weight = golden.Parameters[name];
            var module = name.Replace(".weight", "", StringComparison.Ordinal);
            return leaves.TryGetValue($"base_model.model.{module}.lora_A.weight", out var a)
                ? weight + leaves[$"base_model.model.{module}.lora_B.weight"].matmul(a) * 2
                : weight;
        }
    }

    [Fact]
    public void In_bf16_the_gradient_points_where_the_one_in_fp32_does()
    {
        using var scope = NewDisposeScope();
        var config = Small;
        TokenGroup[] groups = [.. Enumerable.Range(0, 6).Select(i => new TokenGroup($"{i}", [1, 4 + i, 9], [[5, 6 + i, 7], [8, 9, 10, 11 + i]]))];
        var gradients = new[] { ScalarType.Float32, ScalarType.BFloat16 }.Select(type =>
        {
            var parameters = FlatParameters.Trainable(LlamaLayout.Of(config), LlamaWeights.Random(config, 3).mul_(4), type);
            Ours(new LlamaModel(config, parameters), groups, false);
            return parameters.Gradient!;
        }).ToArray();
        var cosine = (gradients[0] * gradients[1]).sum() / (gradients[0].norm() * gradients[1].norm());
        Assert.InRange(cosine.item<float>(), 0.999, 1.00001);
        Assert.Equal(1, (gradients[1].norm() / gradients[0].norm()).item<float>(), 0.01);
    }

    private static LlamaConfig Small
    {
        get
        {
            using var golden = new GoldenPolicy("grouped");
            return golden.Model.Config;
        }
    }

    private static ImmutableArray<Segment> Whole(int tokens)
    {
        var segments = new SegmentBuilder();
        segments.Add(tokens, []);
        return segments.Build();
    }

    private static void AssertFull(LlamaConfig config, TokenGroup[] groups, bool recompute, IKernels? kernels = null)
    {
        using var scope = NewDisposeScope();
        using var parameters = FlatParameters.Trainable(LlamaLayout.Of(config), RandomLlama.Weights(config, 3, scale: 8));
        using var model = new LlamaModel(config, parameters, null, kernels ?? new CpuKernels());
        var leaves = parameters.Layout.Parameters.ToDictionary(p => p.Name, p => parameters[p.Name].clone().requires_grad_());
        AssertEqual(Autograd(new NaiveLlama(config, name => leaves[name]), groups), Ours(model, groups, recompute));
        foreach (var parameter in parameters.Layout.Parameters)
            AssertEqual(leaves[parameter.Name].grad, parameters.Gradient!.narrow(0, parameter.Offset, parameter.Count).view([.. parameter.Shape]), parameter.Name);
    }

    /// <summary>A weighted sum of the responses' logps, so that every one of them has a derivative of its own.</summary>
    private static float[] Ours(LlamaModel model, TokenGroup[] groups, bool recompute)
    {
        var at = groups.Select((_, i) => groups.Take(i).Sum(g => g.Responses.Length)).ToArray();
        var (logps, finite) = ResponseGradient.Add(
            model, groups, recompute, (first, some) => [.. some.Select((l, i) => l.Select((_, k) => Weight(at[first + i] + k)).ToArray())]);
        Assert.True(finite);
        return [.. logps.SelectMany(l => l)];
    }

    private static float[] Autograd(NaiveLlama naive, TokenGroup[] groups)
    {
        using var grad = enable_grad();
        var logps = groups.SelectMany(g => g.Responses.Select(r => r.IsEmpty ? zeros(1).squeeze(0) : naive.Logps([(g.Prompt, r)]).squeeze(0))).ToArray();
        logps.Select((l, i) => l * Weight(i)).Aggregate((a, b) => a + b).backward();
        return [.. logps.Select(l => l.item<float>())];
    }

    private static float Weight(int response) => response % 2 == 0 ? 1 + response : -0.5f;

    private static void AssertEqual(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-4f * Math.Max(1, Math.Abs(expected[i])));
    }

    private static void AssertEqual(Tensor? expected, Tensor actual, string name)
    {
        var golden = expected ?? zeros_like(actual);
        var scale = Math.Max(1, golden.abs().max().item<float>());
        Assert.True((golden - actual).abs().max().item<float>() < 1e-4 * scale, name);
    }

    private static Gen<ImmutableArray<int>> Ids(int least, int most) => Gen.Int[0, 39].Array[least, most].Select(ids => ids.ToImmutableArray());
}
