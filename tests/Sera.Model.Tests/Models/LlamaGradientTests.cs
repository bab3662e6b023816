using System.Collections.Immutable;
using CsCheck;
using Sera.Benchmarks.Naive;
using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Engine;
using Sera.Model.Kernels;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Training;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Models;

/// <summary>The hand-written backward pass against autograd over the plain forward.</summary>
public sealed class LlamaGradientTests
{
    private static readonly Gen<TokenGroup[]> Groups =
        Gen.Select(Ids(1, 150), Ids(1, 60).Array[1, 4], (prompt, responses) => new TokenGroup("", prompt, [.. responses])).Array[1, 5];

    [Fact]
    public void Full_gradients_equal_those_of_autograd() => Gen.Select(Groups, Gen.Bool, Gen.Bool).Sample(
        (groups, recompute, torch) =>
        {
            using var scope = NewDisposeScope();
            var config = Long(new GoldenPolicy("grouped").Model.Config);
            using var parameters = FlatParameters.Trainable(LlamaLayout.Of(config), LlamaWeights.Random(config, 3).mul_(4));
            using var model = new LlamaModel(config, parameters, null, torch ? new TorchKernels() : new CpuKernels());
            var leaves = parameters.Layout.Parameters.ToDictionary(p => p.Name, p => parameters[p.Name].clone().requires_grad_());
            AssertEqual(Autograd(new NaiveLlama(config, name => leaves[name]), groups), Ours(model, groups, recompute));
            foreach (var parameter in parameters.Layout.Parameters)
                AssertEqual(leaves[parameter.Name].grad, parameters.Gradient!.narrow(0, parameter.Offset, parameter.Count).view([.. parameter.Shape]), parameter.Name);
        },
        iter: 15, threads: 1);

    [Theory]
    [InlineData("q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj")]
    [InlineData("k_proj,up_proj")]
    public void Adapter_gradients_equal_those_of_autograd(string targets)
    {
        using var scope = NewDisposeScope();
        using var golden = new GoldenPolicy("grouped");
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
        var config = new GoldenPolicy("grouped").Model.Config;
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
        var logps = groups.SelectMany(g => g.Responses.Select(r => naive.Logps([(g.Prompt, r)]).squeeze(0))).ToArray();
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

    private static LlamaConfig Long(LlamaConfig config) => config with { Context = 1024 };

    private static Gen<ImmutableArray<int>> Ids(int least, int most) => Gen.Int[0, 39].Array[least, most].Select(ids => ids.ToImmutableArray());
}
