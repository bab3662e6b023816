using System.CommandLine;
using System.Text.Json;
using Sera.Host.Configuration;
using Sera.Host.Preparation;
using Sera.Host.Reports;
using Sera.Host.Runs;
using Sera.Model.Data;
using Sera.Model.Data.Previews;

namespace Sera.Host.Commands;

/// <summary>sera data preview: rows as the tokens that a policy will see, and which of them the loss is of.</summary>
internal static class DataPreviewCommand
{
    public static Command Create(CommandContext context)
    {
        var data = new Argument<string>("data") { Description = "A run file (.conf), whose pairs and options are taken; or " + char.ToLowerInvariant(DataInspectCommand.DataArgument[0]) + DataInspectCommand.DataArgument[1..] };
        var policy = new Option<string?>("--policy") { Description = "Folder of the policy, whose tokenizer and chat template are used; a run file names its own.", HelpName = "folder" };
        var rows = new Option<int>("--rows") { Description = "How many rows.", HelpName = "n", DefaultValueFactory = _ => 3 };
        var length = new Option<int>("--max-length") { Description = "As data.max-length; 0 = the policy's context.", HelpName = "tokens", DefaultValueFactory = _ => 0 };
        var cut = new Option<string>("--too-long") { Description = "As data.too-long: drop, refuse, cut-response or cut-prompt.", HelpName = "what", DefaultValueFactory = _ => "drop" };
        var bare = new Option<bool>("--no-eos") { Description = "As data.append-eos = false." };
        var color = new Option<string>("--color") { Description = "auto (where output is a terminal), always or never.", HelpName = "when", DefaultValueFactory = _ => "auto" };
        var json = CommonOptions.Json();
        SamplingChoices.Require(rows, value => value >= 1, "1 or more");
        SamplingChoices.Require(length, value => value >= 0, "0 or more");
        cut.AcceptOnlyFromAmong("drop", "refuse", "cut-response", "cut-prompt");
        color.AcceptOnlyFromAmong("auto", "always", "never");
        var command = new Command("preview", "Show rows as the tokens that a policy will see.") { data, policy, rows, length, cut, bare, color, json };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(data)!;
            var ofRun = Path.GetExtension(path).Equals(".conf", StringComparison.OrdinalIgnoreCase) && File.Exists(path);
            if (ofRun && ((Option[])[length, cut, bare]).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } own)
                throw new InputException(own.Name, "a run file", "data, for a run file has its own data." + own.Name.TrimStart('-').Replace("no-eos", "append-eos", StringComparison.Ordinal), "change the run file");
            var (folder, options) = ofRun
                ? OfRun(path, parsed.GetValue(policy))
                : (parsed.GetValue(policy) ?? throw new InputException("--policy", "none", "the folder of the policy that shall see the data", "name it"),
                    new DataOptions(path, AppendEos: !parsed.GetValue(bare), MaxLength: parsed.GetValue(length), TooLong: TooLongs.Of(parsed.GetValue(cut)!)));
            DataInspectCommand.RequireFiles(options.Pairs.Length > 0 ? options.Pairs : options.Prompts);
            if (options.Labels.Length > 0) context.Warn($"{options.Labels}: labels are not applied here");
            var opened = OpenedPolicy.Open(folder);
            var (shape, previews) = new Previewer(opened.Tokenizer, opened.Context, opened.Folder.Config.VocabularySize).First(options, parsed.GetValue(rows));
            if (parsed.GetValue(json)) context.Out.WriteLine(JsonSerializer.Serialize(new { shape, rows = previews }, HostJson.Indented));
            else new PreviewText(context.Out, Colored(parsed.GetValue(color)!, context)).Write(previews);
            return ExitCode.Done;
        });
        return command;
    }

    private static (string Folder, DataOptions Options) OfRun(string path, string? policy)
    {
        var host = SettingsReader.HostOptions(RunFile.Read(path, []));
        return (policy ?? host.PolicyFolder, host.Data);
    }

    private static bool Colored(string when, CommandContext context) => when switch
    {
        "always" => true,
        "never" => false,
        _ => context.Live is not null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
    };
}
