using System.CommandLine;
using Sera.Host.Cluster;
using Sera.Host.Compute;
using Sera.Host.Configuration;
using Sera.Host.Preparation;
using Sera.Host.Runs;
using Sera.Model.Data;

namespace Sera.Host.Commands;

/// <summary>sera run: from a run file to an aligned policy.</summary>
internal static class RunCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file") { Description = "The run file (HOCON); hocon/reference.conf lists every key." };
        var set = CommonOptions.Set();
        var seed = CommonOptions.Seed("Override run.seed.");
        var work = CommonOptions.Work();
        var json = CommonOptions.Json();
        var cluster = ClusterOption.Create("Hand the run to a cluster, by the control endpoint of a control node, and follow it.");
        var command = new Command("run", "Align a policy as a run file says.") { file, set, seed, work, cluster, json };
        command.SetAction((parsed, _) => RunAsync(
            context, Settings(parsed.GetValue(file)!, parsed.GetValue(set)!, parsed.GetValue(seed)), parsed.GetValue(work)!, parsed.GetValue(cluster),
            parsed.GetValue(json) ? Telling.Json : Telling.Whole));
        return command;
    }

    /// <summary>Starts a run under a new id.</summary>
    /// <param name="cluster">That it is handed to; null = this process works on it.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(CommandContext context, RunSettings settings, string work, string? cluster, Telling telling)
    {
        var threads = ThreadCount.Resolve(settings.Whole(RunKeys.Threads), Environment.ProcessorCount);
        var prepared = RunPreparation.Check(settings, work, threads, null, context.Warn);
        context.Stop.ThrowIfCancellationRequested();
        var run = NewFolder(work, prepared.Host.Name);
        Directory.CreateDirectory(run.Path);
        using var held = RunLock.Take(run);
        var record = prepared.Record(run.Id, DateTimeOffset.UtcNow);
        prepared.WriteFolder(run, record);
        if (cluster is not null) return await SubmitAsync(context, prepared, run, record, cluster, telling == Telling.Json);
        var start = prepared.Store(run);
        return await new RunSession(context, run, record, prepared.Host, prepared.Torch, telling)
            .WorkAsync(node => node.StartRunAsync(start, context.Stop));
    }

    private static async Task<int> SubmitAsync(
        CommandContext context, PreparedRun prepared, RunFolder run, RunRecord record, string cluster, bool json)
    {
        using var client = new ControlClient(cluster, context.Warn);
        await ClusterSubmission.SubmitAsync(client, prepared, run, record, context.Stop);
        return await new ClusterSession(context, client, run, record, prepared.Torch, json).FollowAsync();
    }

    private static RunSettings Settings(string file, string[] sets, long? seed)
    {
        var settings = RunFile.Read(file, sets);
        if (seed is not { } value) return settings;
        if (value < 0) throw new InputException("--seed", $"{value}", "a whole number from 0 to 9223372036854775807", "correct the value");
        return settings.With(RunKeys.Seed, value, "--seed");
    }

    private static RunFolder NewFolder(string work, string name)
    {
        for (var at = DateTimeOffset.UtcNow; ; at = at.AddMilliseconds(1))
        {
            var run = new RunFolder(work, RunId.New(name, at));
            if (!Directory.Exists(run.Path)) return run;
        }
    }
}
