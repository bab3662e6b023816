using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sera.Actors.Hosting;
using Sera.Host.Cluster;
using Sera.Host.Runs;

namespace Sera.Host.Commands;

/// <summary>sera collect: deletes artifacts that no run names.</summary>
internal static class CollectCommand
{
    public static Command Create(CommandContext context)
    {
        var work = CommonOptions.Work();
        var cluster = ClusterOption.Create("Collect on every node of a cluster, by the control endpoint of a control node.");
        var json = CommonOptions.Json();
        var command = new Command("collect", "Delete artifacts that no run of the journal names and that are older than an hour.") { work, cluster, json };
        command.SetAction((parsed, _) => parsed.GetValue(cluster) is { } address
            ? ClusterAsync(context, address, parsed.GetValue(json))
            : FolderAsync(context, parsed.GetValue(work)!, parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> ClusterAsync(CommandContext context, string cluster, bool json)
    {
        using var client = new ControlClient(cluster, context.Warn);
        var collected = await client.PostAsync<ControlCollection>("/collect", null, context.Stop);
        foreach (var failure in collected.Failures) context.Warn($"a node deleted nothing: {failure}");
        if (json) context.Out.WriteLine(JsonSerializer.Serialize(collected, HostJson.Indented));
        else context.Out.WriteLine($"{Counted(collected.Nodes, "node")} deleted {Amount(collected.Deleted, collected.Bytes)}; {Counted(collected.Left, "file")} left");
        return collected.Failures.IsEmpty ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<int> FolderAsync(CommandContext context, string work, bool json)
    {
        if (Directory.Exists(work)) WorkFolder.CheckWritable(work);
        var collected = await WorkFolderCollection.RunAsync(work, context.Stop);
        if (json) context.Out.WriteLine(JsonSerializer.Serialize(new { collected.Deleted, collected.Bytes, collected.Left }, HostJson.Indented));
        else context.Out.WriteLine($"deleted {Amount(collected.Deleted, collected.Bytes)}; {Counted(collected.Left, "file")} left");
        return ExitCode.Done;
    }

    private static string Amount(int files, long bytes) => string.Create(CultureInfo.InvariantCulture, $"{Counted(files, "file")} of {bytes / 1e6:0.0} MB");

    private static string Counted(int count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {what}{(count == 1 ? "" : "s")}");
}
