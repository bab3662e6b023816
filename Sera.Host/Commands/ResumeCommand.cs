using System.CommandLine;
using Sera.Actors.Hosting;
using Sera.Actors.Runs;
using Sera.Host.Compute;
using Sera.Host.Configuration;
using Sera.Host.Outputs;
using Sera.Host.Preparation;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Host.Commands;

/// <summary>sera resume: goes on with a run that was stopped, killed, or failed.</summary>
internal static class ResumeCommand
{
    public static Command Create(CommandContext context)
    {
        var id = CommonOptions.Run();
        var work = CommonOptions.Work();
        var cluster = ClusterOption.Create("Go on with a paused or failed run of a cluster, by the control endpoint of a control node.");
        var json = CommonOptions.Json();
        var command = new Command("resume", "Go on with a run that was stopped, killed, paused, or failed.") { id, work, cluster, json };
        command.SetAction((parsed, _) => parsed.GetValue(cluster) is { } address
            ? RestCommands.TellAsync(context, address, Named(parsed.GetValue(id)), "resume", "goes on; follow it with: sera watch {0} --cluster {1}", parsed.GetValue(json))
            : ResumeAsync(context, RunFolder.Find(parsed.GetValue(work)!, parsed.GetValue(id)), parsed.GetValue(json) ? Telling.Json : Telling.Whole));
        return command;
    }

    private static string Named(string? id) =>
        id ?? throw new InputException("sera resume --cluster", "no run", "the id of a run", "list them with: sera runs --cluster <address>");

    /// <returns>The exit code.</returns>
    public static async Task<int> ResumeAsync(CommandContext context, RunFolder run, Telling telling)
    {
        var record = RunRecord.Read(run);
        var settings = RunFile.Read(run.RunFile, []);
        var host = SettingsReader.HostOptions(settings);
        using var held = RunLock.Take(run);
        var state = await RunHistory.ReadAsync(run.Work, run.Id);
        if (state?.Status == RunStatus.Completed) return Finish(context, run, record, host, state, telling);

        InputCheck.Verify(run, record);
        var torch = new TorchSettings(host.Device, record.Threads, record.Dtype);
        if (state is null) return await StartAsync(context, settings, run, record, telling);
        TorchLibrary.Require();
        torch.Apply();
        var fingerprint = host.Engine.Fingerprint(torch);
        if (fingerprint != state.Fingerprint)
            context.Warn($"run {run.Id} was computed on '{state.Fingerprint}' and goes on with '{fingerprint}'; the last bits of the result may differ");
        return await new RunSession(context, run, record, host, torch, telling)
            .WorkAsync(node => node.ResumeRunAsync(new ResumeRun(run.Id, fingerprint), context.Stop));
    }

    /// <summary>A run that was killed before its first event starts as it was recorded.</summary>
    private static async Task<int> StartAsync(CommandContext context, RunSettings settings, RunFolder run, RunRecord record, Telling telling)
    {
        var prepared = RunPreparation.Check(settings, run.Work, record.Threads, record.Dtype, context.Warn);
        var start = prepared.Store(run);
        return await new RunSession(context, run, record, prepared.Host, prepared.Torch, telling)
            .WorkAsync(node => node.StartRunAsync(start, context.Stop));
    }

    private static int Finish(CommandContext context, RunFolder run, RunRecord record, HostOptions host, RunState state, Telling telling)
    {
        if (telling != Telling.Json) context.Out.WriteLine($"run {run.Id} has completed; there is nothing to resume");
        if (!RunOutputs.Complete(run))
        {
            TorchLibrary.Require();
            var torch = new TorchSettings(host.Device, record.Threads, record.Dtype);
            using var policies = new PolicyCache(new PolicyBases(run.Work), new ArtifactStore(run.Work), torch);
            RunOutputs.WriteAll(state, record, run, policies);
        }
        RunConclusion.Print(context, RunSummaries.Of(state, record, run), run, telling);
        return ExitCode.Done;
    }
}
