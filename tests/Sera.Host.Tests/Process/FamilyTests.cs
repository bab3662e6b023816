using System.Text.Json;
using Sera.Model.Checkpoints;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Host.Tests.Process;

/// <summary>Policies of other families than the Llama's through whole runs with adapters.</summary>
public sealed class FamilyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TinyPolicy.GptNeoX, "query_key_value, dense, dense_h_to_4h, dense_4h_to_h", "gpt_neox.layers.0.attention.query_key_value", "[48, 16]", false)]
    [InlineData(TinyPolicy.Gpt2, "c_attn, c_proj, c_fc", "transformer.h.0.attn.c_attn", "[16, 48]", true)]
    public async Task A_run_trains_the_familys_own_projections_and_writes_its_own_files(string config, string projections, string module, string shape, bool transposed)
    {
        TinyPolicy.Write(_folder, json: config);
        _folder.File("pairs.jsonl", string.Join('\n', TinyPolicy.Pairs(30)) + "\n");
        var work = Path.Combine(_folder.Path, "runs");
        var refused = await SeraProcess.RunAsync("run", TinyPolicy.RunFile(_folder, "sera { training.mode = lora, lora.targets = [q_proj] }"), "--work", work);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"expected all-linear or projections out of {projections}; correct 'q_proj'", refused.Error, StringComparison.Ordinal);

        var run = await SeraProcess.RunAsync("run", TinyPolicy.RunFile(_folder, "sera.training.mode = lora"), "--work", work);
        Assert.True(run.ExitCode == 0, run.Error);
        var folder = Directory.GetDirectories(work, "test-*").Single();
        using (var weights = SafetensorsFile.Open(Path.Combine(folder, "policy", "model.safetensors")))
        {
            Assert.True(weights.TryGet($"{module}.weight", out var matrix));
            Assert.Equal(shape, matrix.ShapeText);
        }
        using var adapter = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "adapter", "adapter_config.json")));
        Assert.Equal(transposed, adapter.RootElement.GetProperty("fan_in_fan_out").GetBoolean());
        // Where nothing is said, every projection is trained.
        Assert.Equal(projections, string.Join(", ", adapter.RootElement.GetProperty("target_modules").EnumerateArray().Select(target => target.GetString())));
        var scored = await SeraProcess.RunAsync(
            "score", "--policy", Path.Combine(_folder.Path, "policy"), "--adapter", Path.Combine(folder, "adapter"), "--pairs", Path.Combine(_folder.Path, "pairs.jsonl"), "--out",
            Path.Combine(_folder.Path, "margins.jsonl"));
        Assert.True(scored.ExitCode == 0, scored.Error);
    }

    [Theory]
    [InlineData(TinyPolicy.Gemma2, "full", "policy", "model.layers.1.pre_feedforward_layernorm.weight")]
    [InlineData(TinyPolicy.Gemma3, "lora", "policy", "model.layers.1.self_attn.q_norm.weight")]
    public async Task A_run_of_a_Gemma_writes_a_Gemma(string config, string mode, string output, string tensor)
    {
        TinyPolicy.Write(_folder, json: config);
        _folder.File("pairs.jsonl", string.Join('\n', TinyPolicy.Pairs(30)) + "\n");
        var work = Path.Combine(_folder.Path, "runs");
        var run = await SeraProcess.RunAsync("run", TinyPolicy.RunFile(_folder, $"sera.training.mode = {mode}"), "--work", work);
        Assert.True(run.ExitCode == 0, run.Error);
        var written = Path.Combine(Directory.GetDirectories(work, "test-*").Single(), output);
        using (var weights = SafetensorsFile.Open(Path.Combine(written, "model.safetensors"))) Assert.True(weights.TryGet(tensor, out _));
        var scored = await SeraProcess.RunAsync("score", "--policy", written, "--reference", Path.Combine(_folder.Path, "policy"),
            "--pairs", Path.Combine(_folder.Path, "pairs.jsonl"), "--out", Path.Combine(_folder.Path, "margins.jsonl"));
        Assert.True(scored.ExitCode == 0, scored.Error);
    }
}
