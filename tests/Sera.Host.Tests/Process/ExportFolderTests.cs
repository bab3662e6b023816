using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Models;
using Sera.Testing;
using Sera.Testing.Processes;
using TorchSharp;
using Xunit;

namespace Sera.Host.Tests.Process;

/// <summary>sera export of a policy's folder: adapters merged and taken out, weights in shards.</summary>
public sealed class ExportFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_adapter_is_merged_into_shards_and_taken_out_of_them_again()
    {
        var policy = TinyPolicy.Write(_folder);
        WriteAdapter(policy);
        await ExportAsync(policy, "merged", "--merge", At("adapter"), "--shard-size", "8KB");
        Assert.Contains("model-00001-of-", File.ReadAllText(Path.Combine(At("merged"), "model.safetensors.index.json")), StringComparison.Ordinal);
        await ExportAsync(At("merged"), "back", "--unmerge", At("adapter"));
        var (before, merged, back) = (Weights(policy), Weights(At("merged")), Weights(At("back")));
        Assert.Contains(before.Zip(merged, (First, Second) => (First, Second)), pair => Math.Abs(pair.First - pair.Second) > 1e-3);
        Assert.All(before.Zip(back, (First, Second) => (First, Second)), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public async Task What_does_not_fit_a_folder_is_refused_in_one_line_and_nothing_is_written()
    {
        var policy = TinyPolicy.Write(_folder);
        WriteAdapter(policy);
        await RefusedAsync("--shard-size 0GB: expected a number of bytes above 0, or of KB, MB or GB", policy, "--shard-size", "0GB");
        await RefusedAsync("--shard-size much: expected a number of bytes", policy, "--shard-size", "much");
        await RefusedAsync("--unmerge: --merge beside it; expected one of them", policy, "--merge", At("adapter"), "--unmerge", At("adapter"));
        await RefusedAsync("--round: the folder of a policy; expected the id of a run", policy, "--round", "1");
        await RefusedAsync("--adapter: the folder of a policy; expected the id of a run", policy, "--adapter");
        await RefusedAsync("--adapter: a type or a size of files beside it", policy, "--adapter", "--dtype", "bf16");
    }

    private void WriteAdapter(string policy)
    {
        var config = PolicyFolder.Open(policy).Config;
        var options = new LoraOptions(2, 4, ["q_proj", "down_proj"]);
        var layout = LoraAdapter.LayoutOf(config, options);
        using var generator = new torch.Generator(3);
        using var adapter = new LoraAdapter(config, options, FlatParameters.Frozen(layout, torch.randn(layout.Length, generator: generator) * 0.1));
        PeftFolder.Write(At("adapter"), adapter, policy, config);
    }

    private async Task ExportAsync(string source, string name, params string[] options)
    {
        var run = await SeraProcess.RunAsync(["export", source, "--out", At(name), .. options]);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    private async Task RefusedAsync(string says, string source, params string[] options)
    {
        var run = await SeraProcess.RunAsync(["export", source, "--out", At("none"), .. options]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(At("none")));
    }

    private static float[] Weights(string folder)
    {
        using var weights = PolicyFolder.Open(folder).LoadWeights();
        return weights.data<float>().ToArray();
    }

    private string At(string name) => Path.Combine(_folder.Path, name);
}
