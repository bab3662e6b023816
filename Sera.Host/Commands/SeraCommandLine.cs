using System.CommandLine;

namespace Sera.Host.Commands;

/// <summary>The whole command line: parses, runs the verb, and answers with an exit code; every error is one line on standard error.</summary>
internal static class SeraCommandLine
{
    public static readonly Option<bool> Verbose = new("--verbose") { Description = "Show where an error comes from.", Recursive = true };

    public static async Task<int> RunAsync(string[] args, CommandContext context)
    {
        var root = Create(context);
        var parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
        {
            context.Error.WriteLine(UsageErrors.Describe(parsed));
            return ExitCode.BadInput;
        }
        var invocation = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = context.Out,
            Error = context.Error,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, CancellationToken.None);
        }
        catch (Exception e)
        {
            return Failures.Report(e, context.Error, parsed.GetValue(Verbose));
        }
    }

    public static RootCommand Create(CommandContext context)
    {
        var root = new RootCommand("Sera aligns a language model with its own judgement, over several rounds, and survives being killed at any moment.")
        {
            RunCommand.Create(context),
            ResumeCommand.Create(context),
            ExperimentCommand.Create(context),
            RunsCommand.Create(context),
            StatusCommand.Create(context),
            ReportCommand.Create(context),
            WatchCommand.Create(context),
            RestCommands.Pause(context),
            RestCommands.Cancel(context),
            CollectCommand.Create(context),
            NodesCommand.Create(context),
            NodeCommand.Create(context),
            JournalCommand.Create(context),
            SftCommand.Create(context),
            RewardModelCommand.Create(context),
            GenerateCommand.Create(context),
            ScoreCommand.Create(context),
            QueryCommand.Create(context),
            ExportCommand.Create(context),
            DataCommand.Create(context),
            DoctorCommand.Create(context),
        };
        root.Options.Add(Verbose);
        return root;
    }
}
