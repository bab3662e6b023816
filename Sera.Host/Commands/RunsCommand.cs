using System.CommandLine;
using System.Text.Json;
using Sera.Host.Cluster;
using Sera.Host.Runs;

namespace Sera.Host.Commands;

/// <summary>sera runs: the runs of a work folder, oldest first.</summary>
internal static class RunsCommand
{
    public static Command Create(CommandContext context)
    {
        var work = CommonOptions.Work();
        var cluster = ClusterOption.Create("Ask a cluster, by the control endpoint of a control node.");
        var json = CommonOptions.Json();
        var command = new Command("runs", "List the runs of a work folder or of a cluster.") { work, cluster, json };
        command.SetAction((parsed, _) => parsed.GetValue(cluster) is { } address
            ? ClusterListing.RunsAsync(context, address, parsed.GetValue(json))
            : ListAsync(context, parsed.GetValue(work)!, parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> ListAsync(CommandContext context, string work, bool json)
    {
        var runs = new List<RunStanding>();
        foreach (var run in RunFolder.All(work)) runs.Add(await RunStanding.ReadAsync(run));
        if (json)
        {
            var rows = runs.Select(run => new { runId = run.Run.Id, status = run.Standing, run.RoundsDone, run.Record.Rounds, run.Record.Started });
            context.Out.WriteLine(JsonSerializer.Serialize(rows, HostJson.Indented));
            return ExitCode.Done;
        }
        if (runs.Count == 0) context.Out.WriteLine($"no runs in {work}");
        var width = runs.Select(run => run.Run.Id.Length).DefaultIfEmpty().Max();
        foreach (var run in runs)
        {
            context.Out.WriteLine($"{run.Run.Id.PadRight(width)}  {run.Standing,-9}  round {run.RoundsDone}/{run.Record.Rounds}  started {run.Record.Started:yyyy-MM-dd HH:mm:ss}Z");
        }
        return ExitCode.Done;
    }
}
