using System.Diagnostics;
using Sera.Actors.Runs;
using Sera.Host.Commands;
using Sera.Host.Progress;
using Sera.Host.Runs;
using Sera.Model.Engine;
using Spectre.Console;

namespace Sera.Host.Cluster;

/// <summary>A run in a cluster, followed from here to its end; going away does not disturb it.</summary>
internal sealed record ClusterSession(CommandContext Context, ControlClient Client, RunFolder Run, RunRecord Record, TorchSettings Torch, bool Json)
{
    /// <returns>The exit code.</returns>
    public async Task<int> FollowAsync()
    {
        try
        {
            var state = await ShowAsync();
            if (state.Status == RunStatus.Failed)
            {
                Context.Error.WriteLine($"run {Run.Id} failed: {state.Failure!.Reason.ReplaceLineEndings(" ")}; when that is mended: sera resume {Run.Id} --cluster {Client.Address}");
                return ExitCode.Failed;
            }
            if (state.Status is RunStatus.Paused or RunStatus.Cancelled)
            {
                Context.Error.WriteLine($"run {Run.Id} is {state.Status.ToString().ToLowerInvariant()}");
                return ExitCode.Interrupted;
            }
            RunConclusion.Print(Context, await ClusterOutputs.WriteAsync(Client, state, Record, Run, Torch, Context.Stop), Run, Json);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (Context.Stop.IsCancellationRequested)
        {
            Context.Error.WriteLine($"the run goes on in the cluster; follow it with: sera watch {Run.Id} --cluster {Client.Address}");
            return ExitCode.Interrupted;
        }
    }

    private async Task<RunState> ShowAsync()
    {
        if (Json) return await FollowAsync(null);
        if (Context.Live is not { } console) return await FollowAsync(new LineProgressView(Context.Out));
        return await console.Live(Text.Empty).AutoClear(true).StartAsync(live => FollowAsync(new LiveProgressView(console, live)));
    }

    private async Task<RunState> FollowAsync(IProgressView? view)
    {
        view?.Note($"run {Run.Id} in the cluster of {Client.Address}");
        var following = new RunShown(view, Record.Rounds, Stopwatch.StartNew());
        await foreach (var update in ClusterFollowing.FollowAsync(Client, Run.Id, Context.Stop)) following.Add(update);
        return following.State!;
    }
}
