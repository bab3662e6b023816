using System.Text.Json;
using Sera.Host.Runs;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Host.Tests.Process;

/// <summary>Experiments with a tiny policy, by the program as a user has it.</summary>
public sealed class ExperimentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ExperimentTests()
    {
        TinyPolicy.Write(_folder);
        TinyPolicy.RunFile(_folder);
        _folder.File("pairs.jsonl", string.Join('\n', TinyPolicy.Pairs(40)));
    }

    public void Dispose() => _folder.Dispose();

    private string Work => Path.Combine(_folder.Path, "runs");

    private string Results => Path.Combine(Work, "experiments", "tiny");

    private string Write(string other) => _folder.File("tiny.conf", $$"""
        experiment {
          name = tiny
          seeds = [1, 2]
          base = run.conf
          arms = [
            { name = "as it is" }
            { name = "other", {{other}} }
          ]
          baseline = "as it is"
        }
        """);

    private Task<SeraProcess.Outcome> RunAsync(string other, params string[] more) =>
        SeraProcess.RunAsync(["experiment", Write(other), "--work", Work, .. more]);

    private string[] Files() => [.. Directory.GetFiles(Results).Where(file => !file.EndsWith("lock", StringComparison.Ordinal)).Order().Select(File.ReadAllText)];

    private async Task<string[]> RunsAsync()
    {
        using var listed = JsonDocument.Parse((await SeraProcess.RunAsync("runs", "--work", Work, "--json")).Out);
        Assert.All(listed.RootElement.EnumerateArray(), run => Assert.Equal("completed", run.GetProperty("status").GetString()));
        return [.. listed.RootElement.EnumerateArray().Select(run => run.GetProperty("runId").GetString()!)];
    }

    [Fact]
    public async Task Every_arm_runs_with_every_seed_and_again_runs_nothing_until_something_changed()
    {
        var outcome = await RunAsync("set { loss.beta = 0.5 }");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("1/4 as it is, seed 1: round 1/2 begins", outcome.Out);
        Assert.Contains("difference to as it is", outcome.Out);
        var runs = await RunsAsync();
        Assert.Equal(["tiny-as-it-is-1", "tiny-other-1", "tiny-as-it-is-2", "tiny-other-2"], runs.Select(run => run[..run.LastIndexOf('-')]));
        Assert.All(runs, run => Assert.All(["summary.json", "report.html"], file => Assert.True(File.Exists(Path.Combine(Work, run, file)), $"{run}/{file}")));
        var files = Files();
        Assert.Equal(5, files.Length);

        var again = await RunAsync("set { loss.beta = 0.5 }", "--json");
        Assert.Equal(0, again.ExitCode);
        Assert.Equal(runs, await RunsAsync());
        Assert.Equal(files, Files());
        using (var json = JsonDocument.Parse(again.Out)) Assert.Equal(4, json.RootElement.GetProperty("arms").EnumerateArray().Sum(arm => arm.GetProperty("runs").GetArrayLength()));

        // An arm that is changed runs anew, the other does not; and all do where the data changed.
        Assert.Equal(0, (await RunAsync("set { loss.beta = 0.7 }")).ExitCode);
        Assert.Equal(6, (await RunsAsync()).Length);
        _folder.File("pairs.jsonl", string.Join('\n', TinyPolicy.Pairs(44)));
        Assert.Equal(0, (await RunAsync("set { loss.beta = 0.7 }")).ExitCode);
        Assert.Equal(10, (await RunsAsync()).Length);
        Assert.NotEqual(files, Files());
    }

    [Fact]
    public async Task A_run_that_fails_loses_only_itself()
    {
        var page = _folder.File("page.md", "# Results\n\n<!-- measured: experiment tiny -->\n<!-- end -->\n");
        var outcome = await RunAsync("set { training.learning-rate = 1e30 }", "--into", page);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("other, seed 2 failed with exit code", outcome.Error);
        Assert.Contains("finite", outcome.Error);
        Assert.Contains("0 of 2", outcome.Out);
        using var results = JsonDocument.Parse(File.ReadAllText(Path.Combine(Results, "results.json")));
        Assert.Equal(["other", "other"], results.RootElement.GetProperty("failed").EnumerateArray().Select(run => run.GetProperty("arm").GetString()));
        Assert.Equal(2, results.RootElement.GetProperty("arms")[0].GetProperty("last").GetProperty("loss").GetProperty("count").GetInt32());
        var text = File.ReadAllText(page);
        Assert.Contains("| as it is | 2 | ", text);
        Assert.Contains("Without runs that failed: other, seed 1; other, seed 2.", text);
        Assert.EndsWith("<!-- end -->\n", text);

        // Again, it is tried again: the runs that failed are resumed, not begun anew.
        var again = await RunAsync("set { training.learning-rate = 1e30 }");
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("2/4 other, seed 1: goes on after a stop", again.Out);
        Assert.Equal(4, Directory.GetDirectories(Work, "tiny-*").Length);
    }

    [Fact]
    public async Task Interrupted_it_ends_with_the_command_that_goes_on()
    {
        var file = Write("set { loss.beta = 0.5 }");
        using (var process = SeraProcess.Start("experiment", file, "--work", Work))
        {
            var error = process.StandardError.ReadToEndAsync();
            while (await process.StandardOutput.ReadLineAsync() is { } line && !line.Contains("round 1/2 begins", StringComparison.Ordinal)) { }
            // SIGTERM: a process that was started in the background, as its tests may be, does not hear SIGINT.
            Signals.Send(process.Id, Signals.Terminate);
            await process.WaitForExitAsync();
            Assert.Equal(130, process.ExitCode);
            Assert.Equal($"interrupted; go on with: sera experiment {file} --work {Work}\n", await error);
        }
        Assert.False(File.Exists(Path.Combine(Results, "table.md")));
        Assert.Equal(0, (await SeraProcess.RunAsync("experiment", file, "--work", Work)).ExitCode);
        Assert.Equal(4, (await RunsAsync()).Length);
    }

    [Fact]
    public async Task A_second_process_is_refused()
    {
        Directory.CreateDirectory(Results);
        using var held = RunLock.Take(Path.Combine(Results, "lock"), "experiment");
        var outcome = await RunAsync("set { loss.beta = 0.5 }");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("another process is working on this experiment", Assert.Single(outcome.ErrorLines));
        Assert.Empty(await RunsAsync());
    }

    [Theory]
    [InlineData("set { data.pairs = none.jsonl }", "none.jsonl")]
    [InlineData("set { loss.betta = 1 }", "tiny.conf:7: unknown key 'sera.loss.betta'")]
    public async Task An_arm_that_cannot_run_is_refused_before_anything_runs(string other, string expected)
    {
        var outcome = await RunAsync(other);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(expected, Assert.Single(outcome.ErrorLines));
        Assert.Empty(outcome.Out);
        Assert.False(Directory.Exists(Work));
    }

    [Fact]
    public async Task A_page_without_a_place_for_the_table_is_refused_before_anything_runs()
    {
        var outcome = await RunAsync("set { loss.beta = 0.5 }", "--into", _folder.File("page.md", "# Results\n"));
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("no place for experiment tiny", Assert.Single(outcome.ErrorLines));
        Assert.False(Directory.Exists(Work));
    }
}
