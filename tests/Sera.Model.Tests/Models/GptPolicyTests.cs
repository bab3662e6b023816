using System.Text.Json;
using Sera.Model.Adapters;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Tests.Checkpoints;
using Sera.Model.Training;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Models;

/// <summary>GPT-NeoX, GPT-2 and others whose files hold matrices otherwise than the buffer does: adapters, and files written back.</summary>
public sealed class GptPolicyTests
{
    [Theory]
    [InlineData("neox")]
    [InlineData("neox_sequential")]
    [InlineData("gpt2")]
    [InlineData("gpt2_inner")]
    public void Adapters_have_the_log_probabilities_and_gradients_of_an_independent_implementation(string variant)
    {
        using var scope = NewDisposeScope();
        using var policy = new GoldenPolicy(variant);
        using var frozen = PeftFolder.Read(Path.Combine(policy.Folder, "adapter"), policy.Model.Config, CPU);
        using var adapter = new LoraAdapter(policy.Model.Config, frozen.Options, FlatParameters.Trainable(frozen.Parameters.Layout, frozen.Parameters.Flat.clone()));
        using var model = new LlamaModel(policy.Model.Config, policy.Parameters, adapter);
        var group = new TokenGroup("g", policy.Ids[..10], [policy.Ids[10..]]);
        var (logps, _) = ResponseGradient.Add(model, [group], false, (_, all) => [.. all.Select(_ => new[] { 1f })]);
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(policy.Folder, "adapter_expected.json")));
        var expected = document.RootElement.GetProperty("logps").EnumerateArray().Skip(9).Sum(p => p.GetDouble());
        Assert.Equal(expected, logps[0][0], 1e-3);
        using var gradients = SafetensorsFile.Open(Path.Combine(policy.Folder, "adapter_gradients.safetensors"));
        Assert.Equal(gradients.Entries.Length, adapter.Parameters.Layout.Parameters.Length);
        foreach (var parameter in adapter.Parameters.Layout.Parameters)
        {
            var golden = zeros(parameter.Shape.ToArray());
            gradients.CopyTo(parameter, gradients.Expect(parameter), golden);
            var actual = adapter.Parameters.GradientOf(parameter.Name) ?? adapter.Parameters.Gradient!.narrow(0, parameter.Offset, parameter.Count).view(golden.shape);
            Assert.True((golden - actual).abs().max().item<float>() < 1e-4 * Math.Max(1, golden.abs().max().item<float>()), parameter.Name);
        }
    }

    [Theory]
    [InlineData("neox")]
    [InlineData("gpt2")]
    [InlineData("gpt2_inner")]
    [InlineData("gemma2")]
    [InlineData("gemma3_layers")]
    public void What_was_read_is_written_as_it_was(string variant)
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy(variant);
        PolicyFolderWriter.Write(folder["out"], Path.Combine(policy.Folder, "config.json"), policy.Folder, policy.Parameters);
        using var before = WeightFiles.Open(policy.Folder);
        using var after = WeightFiles.Open(folder["out"]);
        using var scope = NewDisposeScope();
        foreach (var parameter in policy.Parameters.Layout.Parameters)
        {
            var (first, second) = (before.FileOf(parameter).Expect(parameter), after.FileOf(parameter.Name).Expect(parameter.Name, parameter.ShapeInFile.AsSpan()));
            var (read, again) = (zeros(first.Shape.ToArray()), zeros(first.Shape.ToArray()));
            before.FileOf(parameter).CopyTo(first, read);
            after.FileOf(parameter).CopyTo(second, again);
            Assert.True(read.Equals(again), parameter.Name);
        }
        Assert.Equal(policy.Parameters.Layout.Parameters.Length, after.Entries.Count());
        using var loaded = LlamaWeights.Load(after, HfLlamaConfig.Read(Path.Combine(folder["out"], "config.json")));
        Assert.True(policy.Parameters.Flat.Equals(loaded));
    }

    [Theory]
    [InlineData("neox")]
    [InlineData("gpt2")]
    public void An_adapter_goes_through_a_PEFT_folder_unchanged_and_merges_into_what_files_hold(string variant)
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy(variant);
        var config = policy.Model.Config;
        var source = Path.Combine(policy.Folder, "adapter");
        using var adapter = PeftFolder.Read(source, config, CPU);
        PeftFolder.Write(folder["adapter"], adapter, "base", config);
        using (var before = SafetensorsFile.Open(Path.Combine(source, "adapter_model.safetensors")))
        using (var after = SafetensorsFile.Open(Path.Combine(folder["adapter"], "adapter_model.safetensors")))
        {
            foreach (var entry in before.Entries)
            {
                using var scope = NewDisposeScope();
                var (read, again) = (zeros(entry.Shape.ToArray()), zeros(entry.Shape.ToArray()));
                before.CopyTo(entry, read);
                after.CopyTo(after.Expect(entry.Name, entry.Shape.AsSpan()), again);
                Assert.True(read.Equals(again), entry.Name);
            }
        }
        using var merged = FlatParameters.Frozen(policy.Parameters.Layout, LoraMerge.Merge(policy.Parameters, adapter));
        using var adapted = new LlamaModel(config, policy.Parameters, adapter);
        using var plain = new LlamaModel(config, merged);
        var group = new TokenGroup("g", policy.Ids[..10], [policy.Ids[10..]]);
        Assert.Equal(Logp(adapted), Logp(plain), 1e-3);
        Assert.True(Math.Abs(Logp(adapted) - Logp(policy.Model)) > 0.1);

        double Logp(LlamaModel model)
        {
            using var work = new Sera.Model.Scoring.ScoringWork(model, [group], 64);
            Assert.True(work.Advance());
            return work.Result[0].Logps[0];
        }
    }

    [Fact]
    public void Rows_by_head_and_transposed_matrices_come_back_as_they_were()
    {
        using var scope = NewDisposeScope();
        var form = StoredForm.ByHead(2);
        // Heads of 1 number: q0 k0 v0 q1 k1 v1 in files.
        var memory = form.FromFile(tensor(new[] { 1f, 2, 3, 4, 5, 6 }));
        Assert.Equal([1f, 4, 2, 5, 3, 6], memory.data<float>().ToArray());
        Assert.Equal([1f, 2, 3, 4, 5, 6], form.ToFile(memory).data<float>().ToArray());
        var matrix = rand(3, 5);
        Assert.Equal([5L, 3], StoredForm.Transposed.ToFile(matrix).shape);
        Assert.True(StoredForm.Transposed.FromFile(StoredForm.Transposed.ToFile(matrix)).Equals(matrix));
    }

    [Theory]
    [InlineData("neox", "query_key_value, dense, dense_h_to_4h, dense_4h_to_h")]
    [InlineData("gpt2", "c_attn, c_proj, c_fc")]
    public void Adapters_may_ask_for_the_familys_own_projections(string variant, string names)
    {
        var config = HfLlamaConfig.Read(Path.Combine(GoldenPolicy.FolderOf(variant), "config.json"));
        Assert.Equal(names, string.Join(", ", LlamaLayout.Projections(config)));
    }
}
