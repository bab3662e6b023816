using System.Text;
using Sera.Host.Reports;
using Sera.Host.Runs;
using Sera.Model.Engine;

namespace Sera.Host.Commands;

/// <summary>What a user sees at the end of a run.</summary>
internal static class RunConclusion
{
    public static void Print(CommandContext context, RunSummary summary, RunFolder run, bool json) =>
        Print(context, summary, run, json ? Telling.Json : Telling.Whole);

    public static void Print(CommandContext context, RunSummary summary, RunFolder run, Telling telling)
    {
        if (telling == Telling.Notes) return;
        if (telling == Telling.Json)
        {
            context.Out.Write(Encoding.UTF8.GetString(SummaryJson.Write(summary)));
            return;
        }
        if (context.Live is { } console) SummaryTable.Write(summary, console);
        else context.Out.Write(SummaryTable.Plain(summary));
        if (SimulatedPolicyEngine.Is(summary.Fingerprint))
            context.Out.WriteLine("simulated: nothing was computed; the times are those of coordination and of waiting");
        context.Out.WriteLine($"report   {Shown(run.Report)}");
        if (summary.FinalPolicyPath is { } policy) context.Out.WriteLine($"policy   {Shown(policy)}");
        if (Directory.Exists(run.Adapter)) context.Out.WriteLine($"adapter  {Shown(run.Adapter)}");
    }

    public static string ResumeCommand(RunFolder run) => $"sera resume {run.Id}{WorkOption(run.Work)}";

    /// <summary>What a command needs to find a work folder; nothing where it is the usual one.</summary>
    public static string WorkOption(string folder)
    {
        var work = Shown(folder);
        return work == WorkFolder.Default ? "" : $" --work {(work.Contains(' ') ? $"\"{work}\"" : work)}";
    }

    /// <summary>Relative to the current folder where it lies below it.</summary>
    public static string Shown(string path)
    {
        var relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
        return relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? path : relative;
    }
}
