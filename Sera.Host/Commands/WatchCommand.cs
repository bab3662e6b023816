using System.CommandLine;
using Sera.Host.Cluster;
using Sera.Host.Configuration;
using Sera.Host.Runs;
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
        var record = await ClusterOutputs.RecordAsync(client, run, context.Stop);
        var host = SettingsReader.HostOptions(RunFile.Read(run.RunFile, []));
        return await new ClusterSession(context, client, run, record, new TorchSettings(host.Device, record.Threads), json).FollowAsync();
    }
}
