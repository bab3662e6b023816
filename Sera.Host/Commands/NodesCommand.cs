using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sera.Actors.Hosting;
using Sera.Actors.Work;
using Sera.Host.Cluster;
using Sera.Host.Runs;

namespace Sera.Host.Commands;

/// <summary>sera nodes: who is in a cluster, on what device, doing what, how fast.</summary>
internal static class NodesCommand
{
    public static Command Create(CommandContext context)
    {
        var cluster = ClusterOption.Create("Control endpoint of a control node.");
        cluster.Required = true;
        var json = CommonOptions.Json();
        var command = new Command("nodes", "List the nodes of a cluster and what they do.") { cluster, json };
        command.SetAction((parsed, _) => ListAsync(context, parsed.GetValue(cluster)!, parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> ListAsync(CommandContext context, string cluster, bool json)
    {
        using var client = new ControlClient(cluster, context.Warn);
        var view = await client.GetAsync<ClusterView>("/nodes", context.Stop);
        if (json)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(view, HostJson.Indented));
            return ExitCode.Done;
        }
        foreach (var node in view.Members)
        {
            context.Out.WriteLine($"{node.Address}  {string.Join(", ", node.Roles)}  {node.Status}{(node.Reachable ? "" : ", unreachable")}  {node.Version}");
            foreach (var worker in view.Work.Workers.Where(worker => IsOf(worker, node))) context.Out.WriteLine($"  {Describe(worker)}");
        }
        return ExitCode.Done;
    }

    private static bool IsOf(WorkerOverview worker, NodeMember node) => worker.Address.StartsWith(node.Address + "/", StringComparison.Ordinal);

    private static string Describe(WorkerOverview worker)
    {
        var doing = worker.WorkId is null ? "waits" : $"{worker.RunId} round {worker.Round}{Done(worker)}";
        var rate = worker.TokensPerSecond is { } tokens ? string.Create(CultureInfo.InvariantCulture, $", {tokens:#,0} tokens/s") : "";
        return $"{worker.Kind.ToString().ToLowerInvariant(),-10} {doing}{rate}, {worker.Completed} orders done{(worker.Device is null ? "" : $", {worker.Device}")}";
    }

    private static string Done(WorkerOverview worker) => worker.Progress is { } progress ? $" {progress.Done}/{progress.Total}" : "";
}
