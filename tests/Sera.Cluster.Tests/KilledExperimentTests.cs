using System.Text.Json;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests;

/// <summary>An experiment is a process like another: killed in the middle and begun again, it ends in the same numbers and the same policies.</summary>
[Collection(OneAtATime.Name)]
public sealed class KilledExperimentTests
{
    private static readonly string Smoke = Path.Combine(SeraProcess.Repository, "hocon", "experiments", "smoke.conf");

    [Fact]
    public async Task Killed_in_the_middle_of_a_run_and_begun_again_it_ends_in_the_table_of_an_undisturbed_one()
    {
        using var whole = new TemporaryFolder();
        using var disturbed = new TemporaryFolder();
        await SampleRuns.CompleteAsync("experiment", Smoke, "--work", whole.Path);

        await KillAsync(disturbed.Path, "3/4 SeRA, seed 2: round 1: trained");
        var before = Runs(disturbed.Path);
        Assert.Equal(3, before.Length);

        var outcome = await SeraProcess.RunAsync("experiment", Smoke, "--work", disturbed.Path);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains($"1/4 SeRA, seed 1: run {before[0]} has completed", outcome.Out);
        Assert.Contains($"2/4 DPO, seed 1: run {before[1]} has completed", outcome.Out);
        Assert.Contains("3/4 SeRA, seed 2: goes on after a stop", outcome.Out);
        // The run that was killed is the one that went on, and only the last one was begun.
        Assert.Equal(before, Runs(disturbed.Path)[..3]);
        Assert.Equal(4, Runs(disturbed.Path).Length);

        Assert.Equal(Results(whole.Path, "table.md"), Results(disturbed.Path, "table.md"));
        Assert.Equal(Results(whole.Path, "table.csv"), Results(disturbed.Path, "table.csv"));
        var policies = Policies(whole.Path);
        Assert.Equal(4, policies.Distinct().Count());
        Assert.Equal(policies, Policies(disturbed.Path));
    }

    /// <summary>Once it has said a line that begins so.</summary>
    private static async Task KillAsync(string work, string line)
    {
        using var process = SeraProcess.Start("experiment", Smoke, "--work", work);
        var error = process.StandardError.ReadToEndAsync();
        var said = "";
        while (!said.StartsWith(line, StringComparison.Ordinal))
            said = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"it ended before it said '{line}': {await error}");
        process.Kill();
        await process.WaitForExitAsync();
    }

    private static string Results(string work, string file) => File.ReadAllText(Path.Combine(work, "experiments", "smoke", file));

    /// <summary>By arm and seed.</summary>
    private static List<string> Policies(string work)
    {
        using var results = JsonDocument.Parse(Results(work, "results.json"));
        return [.. results.RootElement.GetProperty("arms").EnumerateArray().SelectMany(arm => arm.GetProperty("runs").EnumerateArray())
            .Select(run => run.GetProperty("finalPolicySha256").GetString()!)];
    }

    /// <summary>Ids, oldest first.</summary>
    private static string[] Runs(string work) =>
    [
        .. Directory.GetDirectories(work).Where(folder => File.Exists(Path.Combine(folder, "run.json"))).Select(folder => Path.GetFileName(folder)!)
            .OrderBy(id => id[(id.LastIndexOf('-') + 1)..], StringComparer.Ordinal),
    ];
}
