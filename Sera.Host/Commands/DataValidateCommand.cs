using System.CommandLine;

namespace Sera.Host.Commands;

/// <summary>sera data validate: 0 when every row of every file is usable, else 2 and the first problem.</summary>
internal static class DataValidateCommand
{
    public static Command Create(CommandContext context)
    {
        var files = new Argument<string[]>("files") { Description = "JSON lines files (.jsonl or .jsonl.gz).", Arity = ArgumentArity.OneOrMore };
        var policy = DataInspectCommand.PolicyOption();
        var json = CommonOptions.Json();
        var command = new Command("validate", "Check data files row by row.") { files, policy, json };
        command.SetAction(parsed =>
        {
            foreach (var file in parsed.GetValue(files)!)
            {
                var found = DataInspectCommand.Inspect(file, parsed.GetValue(policy));
                if (parsed.GetValue(json)) context.Out.WriteLine(DataInspectCommand.ToJson(found));
                if (found.Problems.Length > 0) throw found.Problems[0].Error;
                if (!parsed.GetValue(json)) context.Out.WriteLine($"{file}: {found.Rows} rows, all usable");
            }
            return ExitCode.Done;
        });
        return command;
    }
}
