using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sera.Host.Runs;
using Sera.Model.Data;
using Sera.Model.Data.Sources;

namespace Sera.Host.Commands;

/// <summary>sera data inspect: what a data file holds; answers 0 also where rows are bad.</summary>
internal static class DataInspectCommand
{
    public const string DataArgument = "A file of rows (.jsonl, .json, .csv, .parquet; .gz and .zst of them), a folder of such, or a glob in quotes.";

    private const int ShownProblems = 5;

    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file") { Description = DataArgument };
        var policy = PolicyOption();
        var eval = new Option<string?>("--eval") { Description = "Rows with prompts of an evaluation: how many of the data's prompts are among them.", HelpName = "path" };
        var json = CommonOptions.Json();
        var command = new Command("inspect", "Describe data: shape, rows, lengths, duplicates, problems.") { file, policy, eval, json };
        command.SetAction(parsed =>
        {
            var found = Inspect(parsed.GetValue(file)!, parsed.GetValue(policy), parsed.GetValue(eval));
            if (parsed.GetValue(json)) context.Out.WriteLine(ToJson(found));
            else Print(context.Out, found);
            return ExitCode.Done;
        });
        return command;
    }

    public static Option<string?> PolicyOption() => new("--policy")
    {
        Description = "Folder of a policy: its chat template writes conversations, lengths are in its tokens, and compared with its context.",
        HelpName = "folder",
    };

    private static Inspection Inspect(string file, string? policy, string? eval)
    {
        RequireFiles(file);
        if (policy is null) return Inspector.Inspect(file, null, null, eval);
        var opened = Preparation.OpenedPolicy.Open(policy);
        return Inspector.Inspect(file, opened.Tokenizer, opened.Context, eval);
    }

    /// <exception cref="InputException">There is none.</exception>
    public static void RequireFiles(string data)
    {
        if (DataFiles.Of(data).FirstOrDefault(file => !File.Exists(file)) is { } missing)
            throw new InputException(missing, "there is no such file", "a file of rows, a folder of such, or a glob", "check the path");
    }

    private static string ToJson(Inspection found) => JsonSerializer.Serialize(
        new
        {
            found.Path,
            found.Shape,
            found.Announcement,
            found.Rows,
            problems = found.Problems.Select(problem => new { file = (problem.Place ?? found.Origin.Place(problem.Line)).File, line = (problem.Place ?? found.Origin.Place(problem.Line)).Number, problem.Reason, problem.Error.Message }),
            found.DistinctPrompts,
            found.Duplicates,
            found.NearDuplicates,
            found.Compared,
            found.Overlap,
            found.ProblemCounts,
            found.Identical,
            found.Empty,
            found.Unit,
            levels = Inspector.Levels,
            found.Lengths,
            found.OverContext,
            found.ChosenLonger,
            found.Flipped,
        },
        HostJson.Indented);

    private static void Print(TextWriter output, Inspection found)
    {
        var unusable = found.ProblemCounts.Values.Sum();
        output.WriteLine(found.Announcement);
        output.WriteLine($"rows              {found.Rows}");
        output.WriteLine($"distinct prompts  {found.DistinctPrompts}");
        output.WriteLine($"duplicates        {found.Duplicates}");
        output.WriteLine($"near duplicates   {found.NearDuplicates}" + (found.Compared < found.Rows - found.Duplicates ? $" among the first {found.Compared} different rows" : ""));
        if (found.Overlap is { } overlap)
            output.WriteLine($"in evaluation     {overlap.Equal} rows with a prompt equal to one of the {overlap.Prompts}, {overlap.Near} with a similar one");
        output.WriteLine($"unusable rows     {unusable} (identical responses {found.Identical}, empty {found.Empty})");
        if (found.OverContext is { } over) output.WriteLine($"over the context  {Percent(over)}");
        if (found.ChosenLonger is { } longer) output.WriteLine($"chosen longer     {Percent(longer)}");
        if (found.Flipped is { } flipped) output.WriteLine($"marked flipped    {Percent(flipped)}");
        if (!found.Lengths.IsEmpty)
        {
            output.WriteLine($"{found.Unit,-10}{string.Concat(Inspector.Levels.Select(level => Percent(level).PadLeft(8)))}");
            foreach (var lengths in found.Lengths)
            {
                output.WriteLine($"{lengths.Of,-10}{string.Concat(lengths.Values.Select(value => value.ToString("0.#", CultureInfo.InvariantCulture).PadLeft(8)))}");
            }
        }
        foreach (var problem in found.Problems.Take(ShownProblems)) output.WriteLine(problem.Error.Message);
        if (unusable > ShownProblems) output.WriteLine($"... and {unusable - ShownProblems} more");
    }

    private static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + "%";
}
