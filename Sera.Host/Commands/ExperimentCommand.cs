using System.CommandLine;
using Sera.Host.Experiments;
using Sera.Host.Reports;

namespace Sera.Host.Commands;

/// <summary>sera experiment: arms and seeds, run one after another in one work folder, and compared.</summary>
internal static class ExperimentCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file") { Description = "The experiment file (HOCON); hocon/experiments/smoke.conf is a small one." };
        var work = CommonOptions.Work();
        var into = new Option<string?>("--into")
        {
            Description = "Put the table into this Markdown page too, between the comment 'measured: experiment <name>' and the one that ends it.",
            HelpName = "page",
        };
        var json = CommonOptions.Json();
        var command = new Command("experiment", "Run every arm of an experiment file with every seed, and compare them; again, it goes on where it was.")
        {
            file, work, into, json,
        };
        command.SetAction((parsed, _) => RunAsync(
            context, ExperimentFile.Read(parsed.GetValue(file)!), parsed.GetValue(work)!, parsed.GetValue(into), parsed.GetValue(json),
            parsed.GetValue(SeraCommandLine.Verbose)));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, Experiment experiment, string work, string? page, bool json, bool verbose)
    {
        var place = $"experiment {experiment.Name}";
        if (page is not null) MarkedPage.Require(page, place);
        var folder = new ExperimentFolder(work, experiment.Name);
        experiment = experiment with { Arms = [.. experiment.Arms.Select(arm => ExperimentWorlds.Place(arm, folder))] };
        try
        {
            var results = await new ExperimentSession(context, experiment, folder, work, json, verbose).WorkAsync();
            if (page is not null) MarkedPage.Write(page, [(place, ExperimentTables.Markdown(results))]);
            Tell(context, results, folder, json);
            return results.Failed.Any() ? ExitCode.Failed : ExitCode.Done;
        }
        catch (OperationCanceledException) when (context.Stop.IsCancellationRequested)
        {
            context.Error.WriteLine($"interrupted; go on with: sera experiment {experiment.File}{RunConclusion.WorkOption(work)}");
            return ExitCode.Interrupted;
        }
    }

    private static void Tell(CommandContext context, ExperimentResults results, ExperimentFolder folder, bool json)
    {
        foreach (var missing in ExperimentTables.Missing(results)) context.Error.WriteLine(missing);
        if (json)
        {
            context.Out.Write(ExperimentJson.Write(results));
            return;
        }
        context.Out.WriteLine();
        context.Out.Write(ExperimentTables.Plain(results));
        context.Out.WriteLine(ExperimentTables.Legend(results));
        context.Out.WriteLine($"report   {RunConclusion.Shown(folder.Report)}");
        context.Out.WriteLine($"tables   {string.Join(", ", new[] { folder.Markdown, folder.Csv, folder.Runs, folder.Results }.Select(RunConclusion.Shown))}");
    }
}
