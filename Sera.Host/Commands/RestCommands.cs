using System.CommandLine;
using System.Text.Json;
using Sera.Host.Cluster;
using Sera.Host.Runs;
using Sera.Model.Data;

namespace Sera.Host.Commands;

/// <summary>sera pause and sera cancel: a word to a run of a cluster.</summary>
internal static class RestCommands
{
    public static Command Pause(CommandContext context) =>
        Create(context, "pause", "Let a run of a cluster rest; sera resume --cluster goes on with it.", "rests; go on with: sera resume {0} --cluster {1}");

    public static Command Cancel(CommandContext context) => Create(context, "cancel", "End a run of a cluster for good.", "is cancelled");

    /// <summary>Says something to a run and prints what came of it.</summary>
    public static async Task<int> TellAsync(CommandContext context, string cluster, string runId, string verb, string done, bool json)
    {
        using var client = new ControlClient(cluster, context.Warn);
        var reply = await client.PostAsync<ControlReply>($"/runs/{Uri.EscapeDataString(runId)}/{verb}", null, context.Stop);
        if (reply.Kind is "rejected" or "unknown")
            throw new InputException(runId, reply.Reason ?? reply.Kind, "a run of the cluster that can be told so", $"list them with: sera runs --cluster {cluster}");
        if (verb == "resume" && reply is { Kind: "accepted", Reason: { } differs }) context.Warn(differs);
        if (json) context.Out.WriteLine(JsonSerializer.Serialize(reply, HostJson.Indented));
        else context.Out.WriteLine(reply.Kind == "finished" ? reply.Reason : $"run {runId} {string.Format(null, done, runId, cluster)}");
        return ExitCode.Done;
    }

    private static Command Create(CommandContext context, string verb, string description, string done)
    {
        var id = new Argument<string>("run") { Description = "Id of the run." };
        var cluster = ClusterOption.Create("Control endpoint of a control node.");
        cluster.Required = true;
        var json = CommonOptions.Json();
        var command = new Command(verb, description) { id, cluster, json };
        command.SetAction((parsed, _) => TellAsync(context, parsed.GetValue(cluster)!, parsed.GetValue(id)!, verb, done, parsed.GetValue(json)));
        return command;
    }
}
