using System.Text.Json;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Host.Tests.Process;

/// <summary>Whole runs of a tiny policy by the program as a user has it.</summary>
public sealed class RunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _runFile;

    public RunTests()
    {
        TinyPolicy.Write(_folder);
        _folder.File("pairs.jsonl", string.Join('\n', TinyPolicy.Pairs(40)));
        _runFile = TinyPolicy.RunFile(_folder);
    }

    public void Dispose() => _folder.Dispose();

    private string Work(string name = "runs") => Path.Combine(_folder.Path, name);

    private async Task<(string Digest, string Id)> RunAsync(string work, params string[] more)
    {
        var outcome = await SeraProcess.RunAsync(["run", _runFile, "--work", work, "--json", .. more]);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        using var summary = JsonDocument.Parse(outcome.Out);
        return (summary.RootElement.GetProperty("finalPolicySha256").GetString()!, summary.RootElement.GetProperty("runId").GetString()!);
    }

    [Fact]
    public async Task A_run_ends_with_its_outputs_and_a_second_one_elsewhere_gives_the_same_policy()
    {
        var (digest, id) = await RunAsync(Work());
        var folder = Path.Combine(Work(), id);
        Assert.All(["run.conf", "run.json", "summary.json", "report.html", "policy/model.safetensors"], name => Assert.True(File.Exists(Path.Combine(folder, name)), name));
        Assert.Equal(digest, (await RunAsync(Work("other"), "--set", "compute.workers.generate=2", "--set", "compute.workers.train=2")).Digest);

        var finished = await SeraProcess.RunAsync("resume", id, "--work", Work());
        Assert.Equal(0, finished.ExitCode);
        Assert.Contains("has completed", finished.Out);

        File.Delete(Path.Combine(folder, "summary.json"));
        Assert.Equal(0, (await SeraProcess.RunAsync("resume", "--work", Work())).ExitCode);
        Assert.True(File.Exists(Path.Combine(folder, "summary.json")));
    }

    [Fact]
    public async Task A_run_asks_for_labels_and_another_one_reads_them()
    {
        var (_, id) = await RunAsync(Work());
        var asked = Path.Combine(_folder.Path, "ask.jsonl");
        var query = await SeraProcess.RunAsync("query", id, "--work", Work(), "--count", "3", "--out", asked);
        Assert.True(query.ExitCode == 0, query.Error);
        var rows = File.ReadAllLines(asked);
        Assert.Equal(3, rows.Length);
        var unlabelled = await SeraProcess.RunAsync("run", _runFile, "--work", Work("unlabelled"), "--set", $"data.labels={asked}");
        Assert.Equal(2, unlabelled.ExitCode);
        Assert.Contains("ask.jsonl:1: no label", unlabelled.Error, StringComparison.Ordinal);

        File.WriteAllLines(asked, rows.Select(row => row[..^1] + ",\"preferred\":\"rejected\"}"));
        var (_, labelled) = await RunAsync(Work("labelled"), "--set", $"data.labels={asked}");
        using var summary = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Work("labelled"), labelled, "summary.json")));
        var labels = summary.RootElement.GetProperty("data").GetProperty("labels");
        Assert.Equal(3, labels.GetProperty("turned").GetInt32() + labels.GetProperty("added").GetInt32());

        var again = await SeraProcess.RunAsync("query", id, "--work", Work(), "--out", asked);
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("ask.jsonl: it exists already", again.Error, StringComparison.Ordinal);
        Assert.All(File.ReadAllLines(asked), row => Assert.Contains("preferred", row, StringComparison.Ordinal));

        var disputed = await SeraProcess.RunAsync("query", id, "--work", Work(), "--by", "disagreement", "--out", asked + ".other");
        Assert.Equal(2, disputed.ExitCode);
        Assert.Contains("no pair was scored under two policies", disputed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lora_leaves_an_adapter_beside_the_policy()
    {
        var (_, id) = await RunAsync(Work(), "--set", "training.mode=lora", "--set", "lora.rank=2");
        Assert.True(File.Exists(Path.Combine(Work(), id, "adapter", "adapter_model.safetensors")));
        Assert.True(File.Exists(Path.Combine(Work(), id, "policy", "model.safetensors")));
    }

    [Fact]
    public async Task A_run_that_was_killed_goes_on_to_the_same_policy_and_changed_data_is_refused()
    {
        var (digest, _) = await RunAsync(Work("undisturbed"));
        using (var process = SeraProcess.Start("run", _runFile, "--work", Work()))
        {
            // The first line comes when the run is in the journal's hands.
            await process.StandardOutput.ReadLineAsync();
            process.Kill();
            await process.WaitForExitAsync();
        }
        var data = Path.Combine(_folder.Path, "pairs.jsonl");
        var whole = File.ReadAllText(data);
        File.WriteAllText(data, whole.Replace(" no 3", " no x", StringComparison.Ordinal));
        var refused = await SeraProcess.RunAsync("resume", "--work", Work());
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("pairs.jsonl: content", Assert.Single(refused.ErrorLines));

        File.WriteAllText(data, whole);
        var resumed = await SeraProcess.RunAsync("resume", "--work", Work(), "--json");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal(digest, JsonDocument.Parse(resumed.Out).RootElement.GetProperty("finalPolicySha256").GetString());
    }

    [Theory]
    [InlineData("offline", 5, 0)]
    [InlineData("on-policy", 0, 6)]
    [InlineData("union", 5, 6)]
    public async Task A_round_trains_on_the_pairs_that_the_run_file_asks_for(string data, int offline, int atMost)
    {
        var (_, id) = await RunAsync(
            Work(), "--set", $"training.data={data}", "--set", "selection.keep-pairs=5", "--set", "selection.rule=random", "--set",
            "bootstrap.keep-pairs=6", "--set", "bootstrap.pair-rule=best-random", "--set", "bootstrap.keep-truncated=true");
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(Work(), id, "summary.json")));
        var round = summary.RootElement.GetProperty("rounds")[2];
        var bootstrapped = round.GetProperty("bootstrappedKept").GetInt32();
        Assert.Equal((offline, offline + bootstrapped), (round.GetProperty("offlineKept").GetInt32(), round.GetProperty("trainPairs").GetInt32()));
        Assert.InRange(bootstrapped, Math.Min(1, atMost), atMost);
        Assert.Equal(atMost > 0, round.GetProperty("generated").GetInt32() > 0);
    }

    [Fact]
    public async Task A_run_that_nobody_knows_is_refused()
    {
        var outcome = await SeraProcess.RunAsync("resume", "nobody-1", "--work", Work());
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("no run 'nobody-1'", Assert.Single(outcome.ErrorLines));
    }
}
