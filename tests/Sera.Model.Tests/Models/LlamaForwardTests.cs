using Sera.Model.Checkpoints;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Training;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Models;

public class LlamaForwardTests
{
    [Theory]
    [InlineData("grouped")]
    [InlineData("llama3")]
    [InlineData("linear")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("smollm3")]
    [InlineData("biased")]
    [InlineData("phi3")]
    [InlineData("neox")]
    [InlineData("neox_sequential")]
    [InlineData("gpt2")]
    [InlineData("gpt2_inner")]
    [InlineData("gemma")]
    [InlineData("gemma2")]
    [InlineData("gemma3")]
    [InlineData("gemma3_layers")]
    [InlineData("mistral_window")]
    [InlineData("qwen2_window")]
    public void Logits_and_log_probabilities_equal_those_of_an_independent_implementation(string variant)
    {
        using var policy = new GoldenPolicy(variant);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var logits = Logits(policy.Model, [.. policy.Ids]);
        var positions = policy.Expected.GetProperty("positions").EnumerateArray().Select(p => p.GetInt64()).ToArray();
        for (var i = 0; i < positions.Length; i++)
        {
            var expected = policy.Expected.GetProperty("logits")[i].EnumerateArray().Select(x => x.GetSingle()).ToArray();
            var actual = logits[positions[i]].data<float>().ToArray();
            for (var v = 0; v < expected.Length; v++) Assert.Equal(expected[v], actual[v], 1e-4f);
        }
        var logps = logits.log_softmax(-1);
        var t = 0;
        foreach (var expected in policy.Expected.GetProperty("logps").EnumerateArray())
            Assert.Equal(expected.GetSingle(), logps[t, policy.Ids[++t]].item<float>(), 1e-4f);
    }

    [Theory]
    [InlineData("grouped", false)]
    [InlineData("llama3", false)]
    [InlineData("linear", false)]
    [InlineData("grouped", true)]
    [InlineData("qwen2", false)]
    [InlineData("qwen3", false)]
    [InlineData("qwen3", true)]
    [InlineData("smollm3", false)]
    [InlineData("biased", false)]
    [InlineData("phi3", false)]
    [InlineData("neox", false)]
    [InlineData("neox", true)]
    [InlineData("neox_sequential", false)]
    [InlineData("gpt2", false)]
    [InlineData("gpt2_inner", true)]
    [InlineData("gemma", false)]
    [InlineData("gemma2", true)]
    [InlineData("gemma3", true)]
    [InlineData("gemma3_layers", false)]
    [InlineData("mistral_window", false)]
    [InlineData("qwen2_window", false)]
    [InlineData("gemma2", false)]
    public void Gradients_of_every_parameter_equal_those_of_an_independent_implementation(string variant, bool recompute)
    {
        using var policy = new GoldenPolicy(variant, trainable: true);
        var group = new TokenGroup("g", policy.Ids[..10], [policy.Ids[10..]]);
        ResponseGradient.Add(policy.Model, [group], recompute, (_, logps) => [.. logps.Select(_ => new[] { 1f })]);
        using var expected = SafetensorsFile.Open(Path.Combine(policy.Folder, "gradients.safetensors"));
        using var scope = NewDisposeScope();
        foreach (var parameter in policy.Parameters.Layout.Parameters)
        {
            var golden = zeros(parameter.Shape.ToArray());
            expected.CopyTo(parameter, expected.Expect(parameter), golden);
            var actual = policy.Parameters.Gradient!.narrow(0, parameter.Offset, parameter.Count).view(parameter.Shape.ToArray());
            var scale = Math.Max(1, golden.abs().max().item<float>());
            Assert.True((golden - actual).abs().max().item<float>() < 1e-4 * scale, parameter.Name);
        }
    }

    [Theory]
    [InlineData("grouped")]
    [InlineData("llama3")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("smollm3")]
    [InlineData("phi3")]
    [InlineData("neox")]
    [InlineData("neox_sequential")]
    [InlineData("gpt2")]
    [InlineData("gpt2_inner")]
    [InlineData("gemma")]
    [InlineData("gemma2")]
    [InlineData("gemma3")]
    [InlineData("gemma3_layers")]
    [InlineData("mistral_window")]
    [InlineData("qwen2_window")]
    public void Decoding_through_the_cache_equals_the_whole_forward_also_for_padded_repeated_and_dropped_rows(string variant)
    {
        using var policy = new GoldenPolicy(variant);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var ids = policy.Ids.Select(i => (long)i).ToArray();
        // Two prompts of 7 and 4 tokens end in the same column; the second is drawn from twice, and then the first is dropped.
        long[][] rows = [ids[..20], ids[20..], ids[20..]];
        int[] prompts = [7, 4, 4];
        var cache = new KvCache(policy.Model.Config, 2, 7, CPU);
        var last = policy.Model.Head(policy.Model.Prefill([policy.Ids[..7], policy.Ids[20..24]], cache));
        AssertEqual(last[0], At(policy.Model, rows[0], 6));
        AssertEqual(last[1], At(policy.Model, rows[1], 3));

        cache = KvCache.Join([(cache, [0, 1, 1])], 5);
        int[] alive = [0, 1, 2];
        for (var step = 0; step < 5; step++)
        {
            if (step == 3)
            {
                cache = KvCache.Join([(cache, [1, 2])], 2); // three columns are nobody's any more
                alive = [1, 2];
            }
            var logits = policy.Model.Decode(tensor(alive.Select(r => rows[r][prompts[r] + step]).ToArray()), cache);
            for (var i = 0; i < alive.Length; i++) AssertEqual(logits[i], At(policy.Model, rows[alive[i]], prompts[alive[i]] + step));
        }
        Assert.Equal(9, cache.Length);
        Assert.Throws<InvalidOperationException>(() => policy.Model.Decode(tensor(new[] { 1L, 1L }), cache));
        cache.Dispose();
    }

    [Fact]
    public void Fresh_weights_come_from_the_seed_alone_and_have_the_deviation_of_the_config()
    {
        var config = HfLlamaConfig.Read(Path.Combine(GoldenPolicy.FolderOf("llama3"), "config.json"));
        using var scope = NewDisposeScope();
        var first = LlamaWeights.Random(config, 7);
        Assert.True(first.Equals(LlamaWeights.Random(config, 7)));
        Assert.False(first.Equals(LlamaWeights.Random(config, 8)));
        var layout = LlamaLayout.Of(config);
        Assert.Equal(config.InitializerRange, first.narrow(0, 0, layout.MatrixLength).std().item<float>(), 1e-3);
        var norm = layout[LlamaLayout.FinalNorm];
        Assert.Equal(norm.Count, first.narrow(0, norm.Offset, norm.Count).sum().item<float>());
    }

    [Theory]
    [InlineData("grouped")] // F32
    [InlineData("llama3")] // BF16
    [InlineData("linear")] // F16
    public void Loaded_as_bf16_parameters_are_those_loaded_as_fp32_and_rounded(string variant)
    {
        var folder = GoldenPolicy.FolderOf(variant);
        var config = HfLlamaConfig.Read(Path.Combine(folder, "config.json"));
        using var files = WeightFiles.Open(folder);
        using var wide = LlamaWeights.Load(files, config);
        using var narrow = LlamaWeights.Load(files, config, ScalarType.BFloat16);
        using var rounded = wide.to(bfloat16);
        Assert.Equal(ScalarType.BFloat16, narrow.dtype);
        Assert.True(rounded.Equals(narrow));
    }

    [Fact]
    public void The_layout_keeps_matrices_before_vectors_and_blocks_aligned()
    {
        var layout = LlamaLayout.Of(HfLlamaConfig.Read(Path.Combine(GoldenPolicy.FolderOf("linear"), "config.json")));
        Assert.All(layout.Blocks, block => Assert.Equal(0, block.Offset % 16));
        Assert.All(layout.Parameters, p => Assert.Equal(p.Shape.Length == 2, p.Offset + p.Count <= layout.MatrixLength));
        long end = 0;
        foreach (var parameter in layout.Parameters)
        {
            Assert.InRange(parameter.Offset, end, end + 15);
            end = parameter.Offset + parameter.Count;
        }
        Assert.InRange(layout.Length, end, end + 15);
        var query = layout["model.layers.0.self_attn.q_proj.weight"];
        var block = layout.Block("model.layers.0.qkv");
        Assert.Equal(query.Offset, block.Offset);
        Assert.Equal(new long[] { 48, 16 }, block.Shape);
    }

    /// <returns>[tokens, vocabulary].</returns>
    private static Tensor Logits(LlamaModel model, int[] ids)
    {
        var segments = new SegmentBuilder();
        segments.Add(ids.Length, []);
        var attention = new SegmentAttention(model.Config, model.Compute, segments.Build());
        return model.Head(model.Body(tensor(ids.Select(i => (long)i).ToArray()), arange(ids.Length, int64), attention));
    }

    private static Tensor At(LlamaModel model, long[] ids, int position) => Logits(model, [.. ids.Select(i => (int)i)])[position];

    private static void AssertEqual(Tensor actual, Tensor expected) => Assert.True((actual - expected).abs().max().item<float>() < 1e-5);
}
