using System.CommandLine;
using Sera.Actors.Control;
using Sera.Actors.Hosting;
using Sera.Host.Cluster;
using Sera.Host.Compute;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Host.Commands;

/// <summary>sera node: one process of a cluster, until it is told to leave.</summary>
internal static class NodeCommand
{
    public static Command Create(CommandContext context)
    {
        var options = new NodeCommandOptions();
        var command = new Command("node", "Be a node of a cluster: control, generate, score or train.");
        options.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(context, options.Read(parsed)));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, NodeSettings settings)
    {
        if (settings.Tls is null && !Loopback.Is(settings.Host))
            context.Warn($"whoever reaches port {settings.Port} of {settings.Host} can join: there is no --tls; keep it in a network of the nodes' own");
        WorkFolder.CheckWritable(settings.Work);
        using var held = NodeLock.Take(settings.Work);
        TorchLibrary.Require();
        var torch = new TorchSettings(settings.Device, ThreadCount.Resolve(settings.Threads, Environment.ProcessorCount), Precisions.Of(settings.Dtype, settings.Device));
        torch.Apply();
        using var tls = settings.Tls is { } folder ? NodeTls.Load(folder, Environment.GetEnvironmentVariable("SERA_TLS_PASSWORD")) : null;
        var store = new ArtifactStore(settings.Work);
        using var policies = new PolicyCache(new PolicyBases(settings.Work), store, torch);
        await using var node = await ClusterNode.StartAsync(
            new ClusterNodeOptions(
                settings.Roles, settings.Host, settings.PublicHost, settings.Port, settings.Join, settings.Work, settings.Journal, settings.Engine.Fingerprint(torch),
                settings.Workers, () => settings.Engine.Create(policies, store, torch), settings.Engine.Kind(torch), tls, settings.Overrides),
            context.Warn, context.Stop);
        await using var control = await ControlServer.StartAsync(node, settings, new DeviceProbe(settings.Engine, torch), tls);
        context.Out.WriteLine($"node {node.Address} ({string.Join(", ", settings.Roles)}), control endpoint {control.Address}");
        await Task.WhenAny(node.Ended, Task.Delay(Timeout.Infinite, context.Stop));
        if (!node.Ended.IsCompleted) await node.LeaveAsync();
        var end = await node.Ended;
        context.Error.WriteLine(end == NodeEnd.Left ? "left the cluster" : "the cluster goes on without this node; start it again to join anew");
        return end == NodeEnd.Left ? ExitCode.Done : ExitCode.Removed;
    }
}
