using System.CommandLine;
using System.Text;
using System.Text.Json;
using Sera.Host.Cluster;
using Sera.Host.Configuration;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Host.Commands;

/// <summary>sera watch: follows a run of a cluster from anywhere, and writes its outputs here when it is done.</summary>
internal static class WatchCommand
{
    public static Command Create(CommandContext context)
    {
        var id = new Argument<string>("run") { Description = "Id of the run." };
        var cluster = ClusterOption.Create("Control endpoint of a control node.");
        cluster.Required = true;
        var work = CommonOptions.Work();
        var json = CommonOptions.Json();
        var command = new Command("watch", "Follow a run of a cluster; its report and policy are written here when it is done.") { id, cluster, work, json };
        command.SetAction((parsed, _) => WatchAsync(
            context, parsed.GetValue(cluster)!, new RunFolder(parsed.GetValue(work)!, parsed.GetValue(id)!), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> WatchAsync(CommandContext context, string cluster, RunFolder run, bool json)
    {
        using var client = new ControlClient(cluster, context.Warn);
        var record = await FetchAsync(client, run, context.Stop);
        var host = SettingsReader.HostOptions(RunFile.Read(run.RunFile, []));
        return await new ClusterSession(context, client, run, record, new TorchSettings(host.Device, record.Threads), json).FollowAsync();
    }

    /// <summary>The folder of a run that was submitted elsewhere, with its first files.</summary>
    private static async Task<RunRecord> FetchAsync(ControlClient client, RunFolder run, CancellationToken stop)
    {
        if (File.Exists(run.Record)) return RunRecord.Read(run);
        var submitted = await client.GetAsync<SubmittedRun>($"/runs/{run.Id}", stop);
        var record = submitted.Record.Deserialize<RunRecord>(HostJson.Line) ?? throw new JsonException("null");
        DurableFile.Write(run.RunFile, stream => stream.Write(Encoding.UTF8.GetBytes(submitted.RunFile)));
        record.Write(run);
        return record;
    }
}
