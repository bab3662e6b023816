using System.CommandLine;
using System.Text.Json;
using Sera.Host.Runs;
using Sera.Model.Data;
using Sera.Model.Data.Conversion;

namespace Sera.Host.Commands;

/// <summary>sera data convert: rows of any shape and format as canonical JSON lines or Parquet.</summary>
internal static class DataConvertCommand
{
    public static Command Create(CommandContext context)
    {
        var data = new Argument<string>("data") { Description = DataInspectCommand.DataArgument };
        var output = new Option<string>("--out") { Description = "The new file: .jsonl, .jsonl.gz, .jsonl.zst or .parquet.", HelpName = "path", Required = true };
        var bad = new Option<string>("--on-bad-row")
        {
            Description = "A row that cannot be used: refuse (exit 2 naming the line) or drop (count it).",
            HelpName = "what",
            DefaultValueFactory = _ => "refuse",
        };
        bad.AcceptOnlyFromAmong("refuse", "drop");
        var json = CommonOptions.Json();
        var command = new Command("convert", "Write data of any shape as canonical JSON lines or Parquet.") { data, output, bad, json };
        command.SetAction(parsed =>
        {
            var made = RowConversion.Convert(parsed.GetValue(data)!, parsed.GetValue(output)!, parsed.GetValue(bad) == "drop" ? BadRows.Drop : BadRows.Refuse);
            if (parsed.GetValue(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(made, HostJson.Indented));
            }
            else
            {
                context.Out.WriteLine(made.Announcement);
                context.Out.WriteLine($"{made.To}  {made.Rows} rows");
            }
            return ExitCode.Done;
        });
        return command;
    }
}
