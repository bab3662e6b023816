using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sera.Host.Runs;
using Sera.Model.Data;

namespace Sera.Host.Commands;

/// <summary>sera data inspect: what a data file holds; answers 0 also where rows are bad.</summary>
internal static class DataInspectCommand
{
    private const int ShownProblems = 5;

    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file") { Description = "A JSON lines file (.jsonl or .jsonl.gz)." };
        var policy = PolicyOption();
        var json = CommonOptions.Json();
        var command = new Command("inspect", "Describe a data file: shape, rows, lengths, duplicates, problems.") { file, policy, json };
        command.SetAction(parsed =>
        {
            var found = Inspect(parsed.GetValue(file)!, parsed.GetValue(policy));
            if (parsed.GetValue(json)) context.Out.WriteLine(ToJson(found));
            else Print(context.Out, found);
            return ExitCode.Done;
        });
        return command;
    }

    public static Option<string?> PolicyOption() => new("--policy")
    {
        Description = "Folder of a policy: lengths are then in its tokens, and compared with its context.",
        HelpName = "folder",
    };

    public static Inspection Inspect(string file, string? policy)
    {
        if (!File.Exists(file)) throw new InputException(file, "there is no such file", "a JSON lines file", "check the path");
        if (policy is null) return Inspector.Inspect(file, null, null);
        var opened = Preparation.OpenedPolicy.Open(policy);
        return Inspector.Inspect(file, opened.Tokenizer, opened.Context);
    }

    public static string ToJson(Inspection found) => JsonSerializer.Serialize(
        new
        {
            found.Path,
            found.Shape,
            found.Announcement,
            found.Rows,
            problems = found.Problems.Select(problem => new { problem.Line, problem.Reason, problem.Error.Message }),
            found.DistinctPrompts,
            found.Duplicates,
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
        output.WriteLine(found.Announcement);
        output.WriteLine($"rows              {found.Rows}");
        output.WriteLine($"distinct prompts  {found.DistinctPrompts}");
        output.WriteLine($"duplicates        {found.Duplicates}");
        output.WriteLine($"unusable rows     {found.Problems.Length} (identical responses {found.Identical}, empty {found.Empty})");
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
        if (found.Problems.Length > ShownProblems) output.WriteLine($"... and {found.Problems.Length - ShownProblems} more");
    }

    private static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + "%";
}
