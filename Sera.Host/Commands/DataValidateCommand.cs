using System.CommandLine;
using System.Text.Json;
using Sera.Host.Preparation;
using Sera.Host.Runs;
using Sera.Model.Data;
using Sera.Model.Data.Sources;
using Sera.Model.Tokenization;

namespace Sera.Host.Commands;

/// <summary>sera data validate: 0 when every row is usable; else a line for every row that is not, and 2.</summary>
internal static class DataValidateCommand
{
    public static Command Create(CommandContext context)
    {
        var data = new Argument<string[]>("data") { Description = DataInspectCommand.DataArgument, Arity = ArgumentArity.OneOrMore };
        var policy = DataInspectCommand.PolicyOption();
        var json = CommonOptions.Json();
        var command = new Command("validate", "Check data row by row; every bad row gets a line.") { data, policy, json };
        command.SetAction(parsed =>
        {
            var (bad, paths) = (0, parsed.GetValue(data)!);
            foreach (var path in paths) DataInspectCommand.RequireFiles(path);
            var tokenizer = parsed.GetValue(policy) is { } folder ? OpenedPolicy.Open(folder).Tokenizer : null;
            foreach (var path in paths) bad += Check(context.Out, path, tokenizer, parsed.GetValue(json));
            if (bad > 0) throw new InputException(string.Join(", ", paths), $"{bad} rows that cannot be used", "none", "correct or remove them; each has a line above, in the standard output");
            return ExitCode.Done;
        });
        return command;
    }

    /// <returns>How many rows are bad.</returns>
    private static int Check(TextWriter output, string path, ITextTokenizer? tokenizer, bool json)
    {
        var (rows, bad) = (0, 0);
        var (shape, _) = RowReader.Each(path, _ => rows++, Problem, tokenizer);
        if (json) output.WriteLine(JsonSerializer.Serialize(new { path, shape, rows, bad }, HostJson.Line));
        else output.WriteLine(bad == 0 ? $"{path}: {rows} rows, all usable" : $"{path}: {rows} rows usable, {bad} not");
        return bad;

        void Problem(RowProblem problem)
        {
            bad++;
            var place = problem.Place ?? new RowPlace(path, 0, true);
            output.WriteLine(json ? JsonSerializer.Serialize(new { file = place.File, line = place.Number, problem.Reason, problem.Error.Message }, HostJson.Line) : problem.Message);
        }
    }
}
