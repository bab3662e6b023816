using System.Text.Json;
using Sera.Testing;
using Sera.Testing.Nodes;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Whole;

/// <summary>What an operator says to a cluster and is told by it, on a cluster whose nodes only wait.</summary>
[Collection(OneAtATime.Name)]
public sealed class OperatorTests
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_run_is_submitted_paused_reported_resumed_watched_and_another_is_cancelled()
    {
        await using var cluster = await ClusterHarness.StartAsync(
            new ClusterLayout([("control", "control,generate"), ("worker", "score,train")]), more: _ => ["--simulate", "20000"]);

        // A node is ready when it is a member; its workers ask for work a moment later.
        await Patience.UntilAsync(async () => await WorkersAsync(cluster) >= 7, Ceiling, () => $"not all workers asked for work\n{cluster.Logs()}");
        Assert.Contains("no runs in the cluster", await SaysAsync(cluster, "runs"));
        var nodes = await SaysAsync(cluster, "nodes");
        Assert.All(cluster.Nodes, node => Assert.Contains($":{node.Setup.Port}  {node.Setup.Roles.Replace(",", ", ", StringComparison.Ordinal)}  up", nodes));
        Assert.Matches(@"score +waits, 0 orders done, simulated 20000 tokens/s", nodes);
        Assert.Equal(2, (await JsonAsync(cluster, "nodes")).GetProperty("members").GetArrayLength());
        await RefusedAsync(cluster, "compute.engine of the run is torch, and all", [.. SampleRuns.Small(cluster.ClientWork)]);
        await RefusedAsync(cluster, "no run in this cluster", "report", "--work", Work(cluster, "elsewhere"));

        var (first, submitter) = await SubmitAsync(cluster);
        Assert.Contains("rests; go on with: sera resume", await SaysAsync(cluster, "pause", first));
        Assert.Equal(130, (await submitter).ExitCode);
        Assert.Contains($"run {first} is paused", (await submitter).Error);
        Assert.Contains($"run {first}: paused", await SaysAsync(cluster, "status"));
        Assert.Equal("paused", (await JsonAsync(cluster, "status", first)).GetProperty("status").GetString());

        var elsewhere = Work(cluster, "elsewhere");
        Assert.Contains("report", await SaysAsync(cluster, "report", first, "--work", elsewhere));
        Assert.Contains("the run is simulated", await File.ReadAllTextAsync(Path.Combine(elsewhere, first, "report.html")));

        Assert.Contains("goes on; follow it with: sera watch", await SaysAsync(cluster, "resume", first));
        var watched = await SaysAsync(cluster, "watch", first, "--work", elsewhere);
        Assert.Contains("simulated: nothing was computed", watched);
        Assert.DoesNotContain("policy   ", watched);
        Assert.False(Directory.Exists(Path.Combine(elsewhere, first, "policy")));
        Assert.StartsWith("simulated", SampleRuns.Summary(elsewhere).GetProperty("fingerprint").GetString());
        Assert.Contains("completed", await SaysAsync(cluster, "runs"));
        Assert.Contains("has completed", await SaysAsync(cluster, "pause", first));

        await CollectAsync(cluster);

        var (second, other) = await SubmitAsync(cluster);
        Assert.Contains("is cancelled", await SaysAsync(cluster, "cancel", second));
        Assert.Equal(130, (await other).ExitCode);
        await RefusedAsync(cluster, "was cancelled; start a new one", "resume", second);
        await RefusedAsync(cluster, "there is no run", "cancel", "nothing-by-that-name");
        Assert.Equal(
            ["completed", "cancelled"],
            (await JsonAsync(cluster, "runs")).EnumerateArray().OrderBy(run => run.GetProperty("runId").GetString() == second).Select(run => run.GetProperty("status").GetString()));
    }

    private static async Task<int> WorkersAsync(ClusterHarness cluster) =>
        (await JsonAsync(cluster, "nodes")).GetProperty("work").GetProperty("workers").GetArrayLength();

    private static async Task CollectAsync(ClusterHarness cluster)
    {
        var (name, yesterday) = (new string('0', 64), DateTime.UtcNow.AddDays(-1));
        var left = cluster.Nodes.Select(node => Path.Combine(node.Setup.Work, "artifacts", name[..2], name)).ToArray();
        foreach (var path in left)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, "left over");
        }
        foreach (var path in cluster.Nodes.SelectMany(node => Directory.EnumerateFiles(Path.Combine(node.Setup.Work, "artifacts"), "*", SearchOption.AllDirectories)))
            File.SetLastWriteTimeUtc(path, yesterday);
        Assert.Matches("2 nodes deleted [0-9]+ files of 0.[0-9] MB; [0-9]+ files left", await SaysAsync(cluster, "collect"));
        Assert.All(left, path => Assert.False(File.Exists(path)));
        (await JournalAudit.OfClusterAsync(cluster.Journal)).AssertHeld(cluster.Nodes, copies: 2);
        var again = await JsonAsync(cluster, "collect");
        Assert.Equal((2, 0), (again.GetProperty("nodes").GetInt32(), again.GetProperty("deleted").GetInt32()));
    }

    /// <summary>Done when the run works.</summary>
    private static async Task<(string RunId, Task<SeraProcess.Outcome> Submitter)> SubmitAsync(ClusterHarness cluster)
    {
        var before = await RunsAsync(cluster);
        var submitter = cluster.ClientAsync(SampleRuns.Small(cluster.ClientWork, "compute.engine=simulated"));
        string? run = null;
        await Patience.UntilAsync(
            async () => submitter.IsCompleted || (run = (await RunsAsync(cluster)).Except(before).FirstOrDefault()) is not null, Ceiling,
            () => $"no run began\n{cluster.Logs()}");
        Assert.True(run is not null, submitter.IsCompleted ? (await submitter).Error : "");
        return (run!, submitter);
    }

    private static async Task<string[]> RunsAsync(ClusterHarness cluster) =>
        [.. (await JsonAsync(cluster, "runs")).EnumerateArray().Where(run => run.GetProperty("events").GetInt32() > 3).Select(run => run.GetProperty("runId").GetString()!)];

    private static string Work(ClusterHarness cluster, string name) => Path.Combine(Path.GetDirectoryName(cluster.ClientWork)!, name);

    private static async Task<string> SaysAsync(ClusterHarness cluster, params string[] verb)
    {
        var outcome = await cluster.ClientAsync(verb);
        Assert.True(outcome.ExitCode == 0, $"sera {string.Join(' ', verb)} ended with {outcome.ExitCode}: {outcome.Error}\n{cluster.Logs()}");
        return outcome.Out;
    }

    private static async Task<JsonElement> JsonAsync(ClusterHarness cluster, params string[] verb) =>
        JsonDocument.Parse(await SaysAsync(cluster, [.. verb, "--json"])).RootElement;

    private static async Task RefusedAsync(ClusterHarness cluster, string why, params string[] verb)
    {
        var outcome = await cluster.ClientAsync(verb);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(why, Assert.Single(outcome.ErrorLines, line => !line.StartsWith("warning: ", StringComparison.Ordinal)));
    }
}
