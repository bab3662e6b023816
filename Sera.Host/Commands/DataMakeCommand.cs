using System.CommandLine;
using System.Text.Json;
using Sera.Host.Runs;
using Sera.Model.Data.World;

namespace Sera.Host.Commands;

/// <summary>sera data make: the sample world of instructions whose answers a program can check.</summary>
internal static class DataMakeCommand
{
    public static Command Create(CommandContext context)
    {
        var defaults = new WorldOptions(0);
        var folder = new Argument<string>("folder") { Description = "Where the four files go: sft.jsonl, pairs.jsonl, prompts.jsonl, eval.jsonl." };
        var seed = new Option<long>("--seed") { Description = "Everything random derives from it.", HelpName = "n", DefaultValueFactory = _ => 1 };
        seed.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.GetValueOrDefault<long>() < 0) result.AddError("--seed must be 0 or more.");
        });
        var sft = Count("--sft", "Rows of sft.jsonl.", defaults.Sft);
        var pairs = Count("--pairs", "Rows of pairs.jsonl.", defaults.Pairs);
        var prompts = Count("--prompts", "Rows of prompts.jsonl.", defaults.Prompts);
        var eval = Count("--eval", "Rows of eval.jsonl, held out from all others.", defaults.Eval);
        var flip = Share("--flip", "Share of the pairs with chosen and rejected swapped (label noise).", defaults.Flip);
        var spurious = Share("--spurious", "Share of the pairs whose chosen response is made longer by a useless phrase.", defaults.Spurious);
        var mistakes = Share("--mistakes", "Share of wrong responses in sft.jsonl.", defaults.Mistakes);
        var unevenness = Share("--unevenness", "How far the weak forms have more mistakes than the strong ones.", defaults.Unevenness);
        var json = CommonOptions.Json();
        var command = new Command("make", "Make the sample world from a seed; equal options give equal bytes.")
        {
            folder, seed, sft, pairs, prompts, eval, flip, spurious, mistakes, unevenness, json,
        };
        command.SetAction(parsed =>
        {
            var options = new WorldOptions(
                (ulong)parsed.GetValue(seed),
                parsed.GetValue(sft),
                parsed.GetValue(pairs),
                parsed.GetValue(prompts),
                parsed.GetValue(eval),
                parsed.GetValue(flip),
                parsed.GetValue(spurious),
                parsed.GetValue(mistakes),
                parsed.GetValue(unevenness));
            var files = WorldMaker.Make(options, parsed.GetValue(folder)!);
            if (parsed.GetValue(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(new { options, files }, HostJson.Indented));
            }
            else
            {
                foreach (var file in files) context.Out.WriteLine($"{file.Path}  {file.Rows} rows  {file.Sha256}");
            }
            return ExitCode.Done;
        });
        return command;
    }

    private static Option<int> Count(string name, string description, int value) =>
        new(name) { Description = description, HelpName = "rows", DefaultValueFactory = _ => value };

    private static Option<double> Share(string name, string description, double value) =>
        new(name) { Description = description, HelpName = "0..1", DefaultValueFactory = _ => value };
}
