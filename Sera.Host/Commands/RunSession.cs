using System.Diagnostics;
using Sera.Actors.Hosting;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Host.Compute;
using Sera.Host.Configuration;
using Sera.Host.Outputs;
using Sera.Host.Progress;
using Sera.Host.Runs;
using Sera.Model.Data;
using Sera.Model.Engine;
using Spectre.Console;

namespace Sera.Host.Commands;

/// <summary>This process at work on one run, from its start or resume to its outputs.</summary>
internal sealed record RunSession(CommandContext Context, RunFolder Run, RunRecord Record, HostOptions Host, TorchSettings Torch, Telling Telling)
{
    /// <param name="begin">Starts or resumes the run on the node.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> WorkAsync(Func<SeraNode, Task<RunReply>> begin)
    {
        try
        {
            using var log = new RunLog(Run.Log);
            await using var node = await TorchNode.StartAsync(Run.Work, Host, Torch, Context.Stop);
            var reply = await begin(node.Node);
            if (reply.Kind == RunReplyKind.Rejected) throw new InputException(Run.Path, reply.Reason!, "a run that can be worked on", "see sera status");
            var state = await ShowAsync(node.Node);
            if (state.Status == RunStatus.Failed) return Failed(state.Failure!);
            RunConclusion.Print(Context, RunOutputs.WriteAll(state, Record, Run, node.Policies), Run, Telling);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (Context.Stop.IsCancellationRequested)
        {
            if (Telling != Telling.Notes) Context.Error.WriteLine($"interrupted; go on with: {RunConclusion.ResumeCommand(Run)}");
            return ExitCode.Interrupted;
        }
    }

    private async Task<RunState> ShowAsync(SeraNode node)
    {
        if (Telling == Telling.Json) return await FollowAsync(node, null);
        if (Telling == Telling.Notes) return await FollowAsync(node, new NotesProgressView(Context.Out));
        if (Context.Live is not { } console) return await FollowAsync(node, new LineProgressView(Context.Out));
        return await console.Live(Text.Empty).AutoClear(true).StartAsync(live => FollowAsync(node, new LiveProgressView(console, live)));
    }

    private async Task<RunState> FollowAsync(SeraNode node, IProgressView? view)
    {
        view?.Note($"run {Run.Id} in {Run.Path}");
        var shown = new RunShown(view, Record.Rounds, Stopwatch.StartNew());
        await foreach (var update in node.WatchAsync(Run.Id, Context.Stop)) shown.Add(update);
        return shown.State is { Status: not RunStatus.Running } ended ? ended : throw new OperationCanceledException(Context.Stop);
    }

    private int Failed(RunFailed failure)
    {
        Context.Error.WriteLine($"run {Run.Id} failed: {failure.Reason.ReplaceLineEndings(" ")}; when that is mended: {RunConclusion.ResumeCommand(Run)}");
        return failure.Failure is WorkFailureKind.Input or WorkFailureKind.Damaged or WorkFailureKind.Disk ? ExitCode.BadInput : ExitCode.Failed;
    }
}
