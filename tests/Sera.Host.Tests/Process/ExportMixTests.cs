using System.Text.Json;
using Sera.Model.Checkpoints;
using Sera.Model.Models.Llama;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Host.Tests.Process;

/// <summary>sera export --extrapolate and --average on the policies of a tiny run, against those that export writes one by one.</summary>
public sealed class ExportMixTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Work => Path.Combine(_folder.Path, "runs");

    private string At(string name) => Path.Combine(_folder.Path, name);

    [Theory]
    [InlineData("full")]
    [InlineData("lora")] // adapters are merged, then mixed
    public async Task A_mix_is_made_of_the_policies_of_the_run_and_loads_and_scores(string mode)
    {
        var id = await RunAsync(mode);
        foreach (var round in (int[])[0, 1, 2]) await ExportAsync(id, $"round-{round}", "--round", $"{round}");
        var (start, first, last) = (Weights("round-0"), Weights("round-1"), Weights("round-2"));
        Assert.NotEqual(first, last);

        await ExportAsync(id, "further", "--extrapolate", "0.5");
        AssertEqual(last.Zip(start, (l, s) => l + 0.5 * (l - s)), Weights("further"));
        await ExportAsync(id, "further-1", "--extrapolate", "0.3", "--round", "1");
        AssertEqual(first.Zip(start, (f, s) => f + 0.3 * (f - s)), Weights("further-1"));
        await ExportAsync(id, "mean", "--average", "2", "0", "1");
        AssertEqual(start.Zip(first, last).Select(w => ((double)w.First + w.Second + w.Third) / 3), Weights("mean"));

        var scored = await SeraProcess.RunAsync("score", "--policy", At("further"), "--reference", At("mean"), "--pairs", At("pairs.jsonl"), "--out", At("margins.jsonl"));
        Assert.True(scored.ExitCode == 0, scored.Error);
        using var summary = JsonDocument.Parse(scored.Out);
        Assert.Equal((40, 0), (summary.RootElement.GetProperty("pairs").GetInt32(), summary.RootElement.GetProperty("nonFinite").GetInt32()));
        Assert.Contains(File.ReadLines(At("margins.jsonl")), line => JsonDocument.Parse(line).RootElement.GetProperty("margin").GetDouble() != 0);
    }

    [Fact]
    public async Task What_cannot_be_mixed_is_refused_in_one_line_and_nothing_is_written()
    {
        var id = await RunAsync("full");
        await RefusedAsync("--extrapolate 0: expected a number above 0", id, "--extrapolate", "0");
        await RefusedAsync("--extrapolate -1: expected a number above 0", id, "--extrapolate", "-1");
        await RefusedAsync("'much' for option '--extrapolate' as a number", id, "--extrapolate", "much");
        await RefusedAsync("--average 1: expected two rounds or more, each once", id, "--average", "1");
        await RefusedAsync("expected two rounds or more, each once", id, "--average", "1", "2", "1");
        await RefusedAsync("'last' for option '--average' as a whole number", id, "--average", "1", "last");
        await RefusedAsync("no policy of round 3 yet; expected a round from 0 to 2", id, "--average", "1", "3");
        await RefusedAsync("no policy of round -1 yet", id, "--average", "1", "-1");
        await RefusedAsync("--round: 0, the starting policy itself", id, "--extrapolate", "0.5", "--round", "0");
        await RefusedAsync("--extrapolate: --average beside it", id, "--extrapolate", "0.5", "--average", "1", "2");
        await RefusedAsync("--extrapolate: --adapter beside it", id, "--extrapolate", "0.5", "--adapter");
        await RefusedAsync("--average: --round beside it", id, "--average", "1", "2", "--round", "1");
        await RefusedAsync("a weight that is not finite", id, "--extrapolate", "1e300");
        await RefusedAsync("expected the id of a run", At("policy"), "--average", "1", "2");
    }

    private async Task<string> RunAsync(string mode)
    {
        TinyPolicy.Write(_folder);
        _folder.File("pairs.jsonl", string.Join('\n', TinyPolicy.Pairs(40)) + "\n");
        var outcome = await SeraProcess.RunAsync(
            "run", TinyPolicy.RunFile(_folder), "--work", Work, "--json", "--set", $"training.mode={mode}", "--set", "training.learning-rate=1e-2", "--set", "bootstrap.keep=0");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement.GetProperty("runId").GetString()!;
    }

    private async Task ExportAsync(string id, string name, params string[] more)
    {
        var outcome = await SeraProcess.RunAsync(["export", id, "--work", Work, "--out", At(name), .. more]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
    }

    private async Task RefusedAsync(string expected, string source, params string[] more)
    {
        var outcome = await SeraProcess.RunAsync(["export", source, "--work", Work, "--out", At("refused"), .. more]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(expected, Assert.Single(outcome.ErrorLines));
        Assert.False(Path.Exists(At("refused")));
    }

    private float[] Weights(string name)
    {
        var policy = PolicyFolder.Open(At(name));
        using var files = WeightFiles.Open(policy.Path);
        using var flat = LlamaWeights.Load(files, policy.Config);
        return flat.data<float>().ToArray();
    }

    private static void AssertEqual(IEnumerable<double> expected, float[] found) => Assert.Equal(expected.Select(e => (float)e), found, (a, b) => Math.Abs(a - b) <= 1e-6f * Math.Max(1, Math.Abs(a)));
}
