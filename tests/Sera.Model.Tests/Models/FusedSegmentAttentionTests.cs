using CsCheck;
using Sera.Model.Kernels;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Models;

/// <summary>The attention of scoring and prefill on CUDA, on the CPU's own fused kernels.</summary>
public sealed class FusedSegmentAttentionTests
{
    private static readonly Gen<(int Prompt, int[] Branches)[]> Groups =
        Gen.Select(Gen.Int[1, 300], Gen.Int[0, 120].Array[0, 4], (prompt, branches) => (prompt, branches)).Array[1, 4];

    [Theory]
    [InlineData("linear")]
    [InlineData("grouped")]
    [InlineData("gemma3")]
    [InlineData("qwen2_window")]
    public void It_attends_as_the_explicit_one_does(string name)
    {
        using var policy = new GoldenPolicy(name);
        var config = policy.Model.Config;
        Groups.Sample(groups =>
        {
            using var scope = NewDisposeScope();
            var builder = new SegmentBuilder();
            foreach (var (prompt, branches) in groups) builder.Add(prompt, branches);
            var segments = builder.Build();
            var qkv = randn(groups.Sum(g => (long)g.Prompt + g.Branches.Sum()), config.Heads + 2 * config.KvHeads, config.HeadSize);
            foreach (var layer in new[] { 0, config.Layers - 1 })
            {
                var expected = new SegmentAttention(config, new TorchKernels(), segments).Attend(layer, qkv);
                var fused = new FusedSegmentAttention(config, segments, CPU).Attend(layer, qkv);
                Assert.InRange((expected - fused).abs().max().item<float>(), 0, 2e-5f);
            }
        }, iter: 30, threads: 1);
    }

    // A prompt by itself is one causal run; its responses are none, and neither are short groups that share a segment.
    [Fact]
    public void Only_a_whole_causal_run_is_causal()
    {
        var builder = new SegmentBuilder();
        builder.Add(120, [8, 90]);
        builder.Add(5, [3]);
        Assert.Equal([true, false, false, false], builder.Build().Select(s => s.Visible.IsCausal));
    }

    [Fact]
    public void Numbers_of_the_host_arrive_on_the_device()
    {
        using var ids = DeviceTensors.Of([3, 1L << 40], CPU);
        using var floats = DeviceTensors.OfFloats([0.5f, -2], CPU);
        Assert.Equal([3, 1L << 40], ids.data<long>().ToArray());
        Assert.Equal([0.5f, -2f], floats.data<float>().ToArray());
    }
}
