using System.Diagnostics;
using System.Text.Json;
using Sera.Cluster.Tests.Network;
using Sera.Cluster.Tests.Processes;
using Sera.Host.Tests.Process;

namespace Sera.Cluster.Tests.Nodes;

/// <summary>A user of a cluster: `sera` by the command line, with the token and a folder of its own for what comes back.</summary>
/// <param name="Network">The host of a private network where the user sits; null = this machine.</param>
internal sealed record ClusterClient(string Folder, string Token, NetworkHost? Network = null)
{
    /// <summary>Where the outputs of runs arrive.</summary>
    public string Work => Path.Combine(Folder, "runs");

    /// <summary>One verb to its end.</summary>
    public async Task<SeraProcess.Outcome> SeraAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new SeraProcess.Outcome(process.ExitCode, await output, await error);
    }

    /// <summary>The arguments of the small sample run, for the cluster behind this endpoint.</summary>
    public string[] SmallRun(string endpoint, params string[] set) => [.. SampleRuns.Small(Work, set), "--cluster", endpoint];

    /// <summary>
    /// A run to its end, whatever happens to the endpoint meanwhile: when the verb that follows it loses its node, others are asked how the
    /// run stands, and then for its outputs.
    /// </summary>
    /// <returns>summary.json as it arrived here.</returns>
    public async Task<JsonElement> CompleteAsync(string[] run, IReadOnlyList<ClusterNode> nodes, TimeSpan ceiling)
    {
        var followed = await SeraAsync(run);
        if (followed.ExitCode != 0)
        {
            string said = followed.Error;
            await Patience.UntilAsync(async () => (said = await StandingAsync(nodes)) == "completed", ceiling, () => $"the run did not end: {followed.Error}; {said}");
            await Patience.UntilAsync(() => ReportAsync(nodes), ceiling, () => "no node gave the outputs of the run");
        }
        return SampleRuns.Summary(Work);
    }

    /// <returns>How the newest run stands; what went wrong, where no node says.</returns>
    private async Task<string> StandingAsync(IReadOnlyList<ClusterNode> nodes)
    {
        var said = "no node runs";
        foreach (var node in nodes.Where(node => node.Running))
        {
            var outcome = await SeraAsync("status", "--cluster", node.Setup.Endpoint, "--json");
            if (outcome.ExitCode != 0)
            {
                said = outcome.Error;
                continue;
            }
            using var answer = JsonDocument.Parse(outcome.Out);
            said = answer.RootElement.GetProperty("status").GetString()!;
            if (said == "failed") throw new InvalidOperationException($"the run failed: {outcome.Out}");
            return said;
        }
        return said;
    }

    private async Task<bool> ReportAsync(IReadOnlyList<ClusterNode> nodes)
    {
        foreach (var node in nodes.Where(node => node.Running))
        {
            if ((await SeraAsync("report", "--cluster", node.Setup.Endpoint, "--work", Work)).ExitCode == 0) return true;
        }
        return false;
    }

    private Process Start(string[] arguments)
    {
        string[] command = ["dotnet", SeraProcess.Program, .. arguments];
        command = [.. Network?.Command(command) ?? command];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SERA_TOKEN"] = Token;
        return Process.Start(start)!;
    }
}
