using System.Text.Json.Nodes;
using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using Sera.Model.Tests.Checkpoints;
using Sera.Model.Tests.Models;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Adapters;

public class LoraTests
{
    private static readonly string[] All = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    [Fact]
    public void A_fresh_adapter_changes_nothing_and_its_A_is_uniform_within_its_bound()
    {
        using var policy = new GoldenPolicy("grouped");
        using var adapter = Fresh(policy.Model.Config, new LoraOptions(4, 8, All), 3);
        using var adapted = new LlamaModel(policy.Model.Config, policy.Parameters, adapter);
        Assert.Equal(Logp(policy.Model, policy), Logp(adapted, policy));
        using var scope = NewDisposeScope();
        var a = adapter.Parameters[LoraAdapter.KeyA("model.layers.1.mlp.down_proj")]; // [4, 24]
        Assert.InRange(a.abs().max().item<float>(), 0.8 / Math.Sqrt(24), 1 / Math.Sqrt(24));
        Assert.InRange(a.mean().item<float>(), -0.05, 0.05);
        Assert.Equal(0, adapter.Parameters[LoraAdapter.KeyB("model.layers.1.mlp.down_proj")].abs().max().item<float>());
    }

    [Theory]
    [InlineData("q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj")]
    [InlineData("q_proj,v_proj")]
    [InlineData("up_proj,k_proj")]
    public void Merged_weights_compute_what_base_and_adapter_compute_and_off_is_the_base(string targets)
    {
        using var policy = new GoldenPolicy("llama3");
        using var adapter = Drawn(policy.Model.Config, new LoraOptions(3, 6, targets.Split(',')), 5);
        using var adapted = new LlamaModel(policy.Model.Config, policy.Parameters, adapter);
        using var merged = FlatParameters.Frozen(policy.Parameters.Layout, LoraMerge.Merge(policy.Parameters, adapter));
        using var mergedModel = new LlamaModel(policy.Model.Config, merged);
        Assert.Equal(Logp(adapted, policy), Logp(mergedModel, policy), 1e-3f);
        Assert.True(Math.Abs(Logp(adapted, policy) - Logp(policy.Model, policy)) > 0.1);
        Assert.Equal(Logp(policy.Model, policy), Logp(adapted.WithoutAdapter(), policy));
    }

    [Fact]
    public void An_adapter_goes_through_a_PEFT_folder_unchanged()
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy("grouped");
        using var adapter = Drawn(policy.Model.Config, new LoraOptions(2, 32.5, ["v_proj", "down_proj"]), 5);
        PeftFolder.Write(folder["adapter"], adapter, "base", policy.Model.Config);
        using var read = PeftFolder.Read(folder["adapter"], policy.Model.Config, CPU);
        Assert.Equal((2, 32.5), (read.Options.Rank, read.Options.Alpha));
        Assert.Equal(["v_proj", "down_proj"], read.Options.Targets);
        Assert.True(adapter.Parameters.Flat.Equals(read.Parameters.Flat));
        using var file = SafetensorsFile.Open(Path.Combine(folder["adapter"], "adapter_model.safetensors"));
        Assert.True(file.TryGet("base_model.model.model.layers.1.mlp.down_proj.lora_A.weight", out var a));
        Assert.Equal("[2, 24]", a.ShapeText);
        using var alone = AdapterFile.Read(file.Path, policy.Model.Config, CPU);
        Assert.Equal(32.5, alone.Options.Alpha);
    }

    /// <summary>rsLoRA: rank 4 and alpha 6 scale by 3 instead of 1.5, which is what alpha 12 does without.</summary>
    [Fact]
    public void A_rank_stabilized_adapter_scales_by_the_root_of_its_rank_wherever_it_is_read()
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy("grouped");
        var options = new LoraOptions(4, 6, ["v_proj", "down_proj"], RankStabilized: true);
        using var adapter = Drawn(policy.Model.Config, options, 5);
        PeftFolder.Write(folder["adapter"], adapter, "base", policy.Model.Config);
        using var read = PeftFolder.Read(folder["adapter"], policy.Model.Config, CPU);
        using var alone = AdapterFile.Read(Path.Combine(folder["adapter"], "adapter_model.safetensors"), policy.Model.Config, CPU);
        using var plain = new LoraAdapter(policy.Model.Config, options with { Alpha = 12, RankStabilized = false }, FlatParameters.Frozen(adapter.Parameters.Layout, adapter.Parameters.Flat.clone()));
        using var expected = new LlamaModel(policy.Model.Config, policy.Model.Parameters, plain);
        foreach (var other in new[] { adapter, read, alone })
        {
            Assert.Equal((3.0, true), (other.Options.Scale, other.Options.RankStabilized));
            using var adapted = new LlamaModel(policy.Model.Config, policy.Model.Parameters, other);
            Assert.Equal(Logp(expected, policy), Logp(adapted, policy));
        }
    }

    [Fact]
    public void An_adapter_on_all_linears_names_them_in_one_word()
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy("grouped");
        using var adapter = Fresh(policy.Model.Config, new LoraOptions(2, 4, All), 5);
        PeftFolder.Write(folder["a"], adapter, "base", policy.Model.Config);
        var path = Path.Combine(folder["a"], "adapter_config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        config["target_modules"] = "all-linear";
        File.WriteAllText(path, config.ToJsonString());
        using var read = PeftFolder.Read(folder["a"], policy.Model.Config, CPU);
        Assert.True(adapter.Parameters.Flat.Equals(read.Parameters.Flat));
    }

    [Fact]
    public void A_merged_adapter_is_taken_out_again_but_for_rounding()
    {
        using var policy = new GoldenPolicy("grouped");
        using var adapter = Drawn(policy.Model.Config, new LoraOptions(3, 6, All), 5);
        using var merged = FlatParameters.Frozen(policy.Parameters.Layout, LoraMerge.Merge(policy.Parameters, adapter));
        using var back = LoraMerge.Merge(merged, adapter, -1);
        Assert.True((merged.Flat - policy.Parameters.Flat).abs().max().item<float>() > 0.01f);
        Assert.True((back - policy.Parameters.Flat).abs().max().item<float>() < 1e-6f);
    }

    /// <summary>A and B have one form either way; PEFT writes what it finds and corrects it by the layer.</summary>
    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void Whether_a_layer_is_transposed_is_of_no_matter_to_an_adapter(string fan)
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy("grouped");
        using var adapter = Drawn(policy.Model.Config, new LoraOptions(2, 4, ["v_proj"]), 5);
        PeftFolder.Write(folder["a"], adapter, "base", policy.Model.Config);
        var path = Path.Combine(folder["a"], "adapter_config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"fan_in_fan_out\": false", $"\"fan_in_fan_out\": {fan}", StringComparison.Ordinal));
        using var read = PeftFolder.Read(folder["a"], policy.Model.Config, CPU);
        Assert.True(adapter.Parameters.Flat.Equals(read.Parameters.Flat));
    }

    /// <summary>Opening a pickle would run what its author wrote.</summary>
    [Fact]
    public void A_pickled_adapter_is_refused_with_the_way_to_convert_it()
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy("grouped");
        using var adapter = Fresh(policy.Model.Config, new LoraOptions(2, 4, ["v_proj"]), 5);
        PeftFolder.Write(folder["a"], adapter, "base", policy.Model.Config);
        File.Move(Path.Combine(folder["a"], "adapter_model.safetensors"), Path.Combine(folder["a"], "adapter_model.bin"));
        var error = Assert.Throws<InputException>(() => PeftFolder.Read(folder["a"], policy.Model.Config, CPU));
        Assert.Contains("adapter_model.bin: a PyTorch pickle, ", error.Message, StringComparison.Ordinal);
        Assert.Contains("'adapter_model.safetensors', {'format': 'pt'})", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"bias\": \"none\"", "\"bias\": \"all\"", "bias is \"all\"")]
    [InlineData("\"peft_type\": \"LORA\"", "\"peft_type\": \"IA3\"", "peft_type is \"IA3\"")]
    [InlineData("\"r\": 2", "\"r\": 2, \"use_dora\": true", "use_dora is true")]
    [InlineData("\"r\": 2", "\"r\": 2, \"init_lora_weights\": \"pissa_niter_4\"", "init_lora_weights is \"pissa_niter_4\"")]
    [InlineData("\"r\": 2", "\"r\": 2, \"alora_invocation_tokens\": [5]", "alora_invocation_tokens is [5]")]
    [InlineData("\"r\": 2", "\"r\": 2, \"rank_pattern\": {\"x\": 3}", "rank_pattern is")]
    [InlineData("\"v_proj\"", "\"embed_tokens\"", "target_modules is")]
    [InlineData("\"r\": 2", "\"r\": 0", "r is 0")]
    [InlineData("\"r\": 2", "\"r\": 3", "of shape [2, ")]
    public void An_adapter_of_another_kind_is_refused_by_name(string from, string to, string found)
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy("grouped");
        using var adapter = Fresh(policy.Model.Config, new LoraOptions(2, 4, ["v_proj"]), 5);
        PeftFolder.Write(folder["a"], adapter, "base", policy.Model.Config);
        var path = Path.Combine(folder["a"], "adapter_config.json");
        var text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
        Assert.Contains(found, Assert.Throws<InputException>(() => PeftFolder.Read(folder["a"], policy.Model.Config, CPU)).Message, StringComparison.Ordinal);
    }

    private static LoraAdapter Fresh(LlamaConfig config, LoraOptions options, ulong seed)
    {
        var layout = LoraAdapter.LayoutOf(config, options);
        return new LoraAdapter(config, options, FlatParameters.Frozen(layout, LoraAdapter.Initial(layout, seed, CPU)));
    }

    // A and B both drawn, as after training.
    private static LoraAdapter Drawn(LlamaConfig config, LoraOptions options, ulong seed)
    {
        var layout = LoraAdapter.LayoutOf(config, options);
        using var generator = new Generator(seed);
        using var flat = randn(layout.Length, generator: generator);
        using var gaps = zeros(layout.Length);
        foreach (var p in layout.Parameters)
        {
            using var to = gaps.narrow(0, p.Offset, p.Count);
            using var from = flat.narrow(0, p.Offset, p.Count);
            to.copy_(from * 0.2);
        }
        return new LoraAdapter(config, options, FlatParameters.Frozen(layout, gaps.clone()));
    }

    private static float Logp(LlamaModel model, GoldenPolicy policy)
    {
        using var work = new ScoringWork(model, [new TokenGroup("g", policy.Ids[..10], [policy.Ids[10..]])], 64);
        Assert.True(work.Advance());
        return work.Result[0].Logps[0];
    }
}
