using System.Text.Json;
using Sera.Actors.Runs;
using Sera.Host.Commands;
using Sera.Host.Progress;
using Sera.Host.Runs;

namespace Sera.Host.Cluster;

/// <summary>Runs of a cluster for verbs that look once: from the journal's events, without an artifact.</summary>
internal static class ClusterListing
{
    public static async Task<int> RunsAsync(CommandContext context, string cluster, bool json)
    {
        using var client = new ControlClient(cluster, context.Warn);
        var runs = await client.GetAsync<ControlRun[]>("/runs", context.Stop);
        if (json)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(runs, HostJson.Indented));
            return ExitCode.Done;
        }
        if (runs.Length == 0) context.Out.WriteLine($"no runs in the cluster of {cluster}");
        var width = runs.Select(run => run.RunId.Length).DefaultIfEmpty().Max();
        foreach (var run in runs) context.Out.WriteLine($"{run.RunId.PadRight(width)}  {run.Status,-9}  {run.Events} events");
        return ExitCode.Done;
    }

    public static async Task<int> StatusAsync(CommandContext context, string cluster, string? id, bool json)
    {
        using var client = new ControlClient(cluster, context.Warn);
        var runId = await ClusterFollowing.FindAsync(client, id, context.Stop);
        var state = await ClusterFollowing.StateAsync(client, runId, context.Stop);
        Print(context, state, json);
        return ExitCode.Done;
    }

    private static void Print(CommandContext context, RunState state, bool json)
    {
        var status = state.Status.ToString().ToLowerInvariant();
        var done = state.Rounds.Count(round => round is { Round: > 0, Completed: true });
        if (json)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(
                new
                {
                    runId = state.RunId,
                    status,
                    roundsDone = done,
                    state.Options.Rounds,
                    started = state.StartedAt,
                    updated = state.UpdatedAt,
                    events = state.Events,
                    epoch = state.Epoch,
                    failure = state.Failure?.Reason,
                    finalPolicySha256 = state.FinalPolicy?.Digest,
                },
                HostJson.Indented));
            return;
        }
        context.Out.WriteLine($"run {state.RunId}: {status}, {done} of {state.Options.Rounds} rounds done");
        context.Out.WriteLine(
            $"started {state.StartedAt:u}, last event {state.UpdatedAt:u} ({RunProgress.Short(state.UpdatedAt - state.StartedAt)} later), {state.Events} events, "
            + $"taken up {state.Epoch} time(s)");
        if (state.Failure is { } failure) context.Out.WriteLine($"failed: {failure.Reason}");
    }
}
