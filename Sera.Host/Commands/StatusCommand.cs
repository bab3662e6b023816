using System.CommandLine;
using System.Text.Json;
using Sera.Host.Cluster;
using Sera.Host.Progress;
using Sera.Host.Reports;
using Sera.Host.Runs;

namespace Sera.Host.Commands;

/// <summary>sera status: where a run stands, from its journal alone.</summary>
internal static class StatusCommand
{
    public static Command Create(CommandContext context)
    {
        var id = CommonOptions.Run();
        var work = CommonOptions.Work();
        var cluster = ClusterOption.Create("Ask a cluster, by the control endpoint of a control node.");
        var json = CommonOptions.Json();
        var command = new Command("status", "Show where a run stands.") { id, work, cluster, json };
        command.SetAction((parsed, _) => parsed.GetValue(cluster) is { } address
            ? ClusterListing.StatusAsync(context, address, parsed.GetValue(id), parsed.GetValue(json))
            : ShowAsync(context, RunFolder.Find(parsed.GetValue(work)!, parsed.GetValue(id)), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> ShowAsync(CommandContext context, RunFolder run, bool json)
    {
        var standing = await RunStanding.ReadAsync(run);
        var summary = standing.State is { } state ? RunSummaries.Of(state, standing.Record, run) : null;
        if (json)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    runId = run.Id,
                    status = standing.Standing,
                    standing.RoundsDone,
                    standing.Record.Rounds,
                    standing.Record.Started,
                    updated = standing.State?.UpdatedAt,
                    events = standing.State?.Events ?? 0,
                    failure = standing.State?.Failure?.Reason,
                    finalPolicySha256 = summary?.FinalPolicySha256,
                    folder = run.Path,
                },
                HostJson.Indented));
            return ExitCode.Done;
        }
        context.Out.WriteLine($"run {run.Id}: {standing.Standing}, {standing.RoundsDone} of {standing.Record.Rounds} rounds done");
        if (standing.State is { } known)
        {
            var spent = RunProgress.Short(known.UpdatedAt - known.StartedAt);
            context.Out.WriteLine($"started {known.StartedAt:u}, last event {known.UpdatedAt:u} ({spent} later), {known.Events} events");
            if (known.Failure is { } failure) context.Out.WriteLine($"failed: {failure.Reason}");
        }
        if (summary is { Rounds.Length: > 0 }) context.Out.Write(SummaryTable.Plain(summary));
        if (standing.Standing is "stopped" or "failed") context.Out.WriteLine($"go on with: {RunConclusion.ResumeCommand(run)}");
        return ExitCode.Done;
    }
}
