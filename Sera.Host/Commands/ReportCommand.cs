using System.CommandLine;
using Sera.Host.Cluster;
using Sera.Host.Outputs;
using Sera.Host.Runs;
using Sera.Model.Data;

namespace Sera.Host.Commands;

/// <summary>sera report: writes summary, metrics and report.html anew, also of a run that is not finished.</summary>
internal static class ReportCommand
{
    public static Command Create(CommandContext context)
    {
        var id = CommonOptions.Run();
        var work = CommonOptions.Work();
        var cluster = ClusterOption.Create("Of a run of a cluster, by the control endpoint of a control node; what it reads comes over, and it is written here.");
        var json = CommonOptions.Json();
        var command = new Command("report", "Write a run's summary, metrics and report.html anew.") { id, work, cluster, json };
        command.SetAction((parsed, _) => parsed.GetValue(cluster) is { } address
            ? WriteAsync(context, address, parsed.GetValue(work)!, parsed.GetValue(id), parsed.GetValue(json))
            : WriteAsync(context, RunFolder.Find(parsed.GetValue(work)!, parsed.GetValue(id)), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> WriteAsync(CommandContext context, string cluster, string work, string? id, bool json)
    {
        using var client = new ControlClient(cluster, context.Warn);
        var run = new RunFolder(work, await ClusterFollowing.FindAsync(client, id, context.Stop));
        var state = await ClusterFollowing.StateAsync(client, run.Id, context.Stop);
        var record = await ClusterOutputs.RecordAsync(client, run, context.Stop);
        RunConclusion.Print(context, await ClusterOutputs.WriteReportAsync(client, state, record, run, context.Stop), run, json);
        return ExitCode.Done;
    }

    private static async Task<int> WriteAsync(CommandContext context, RunFolder run, bool json)
    {
        var standing = await RunStanding.ReadAsync(run);
        if (standing.State is not { } state)
            throw new InputException(run.Path, "the run has done nothing yet", "a run with at least one event", $"start it with: {RunConclusion.ResumeCommand(run)}");
        RunConclusion.Print(context, RunOutputs.WriteReport(state, standing.Record, run), run, json);
        return ExitCode.Done;
    }
}
