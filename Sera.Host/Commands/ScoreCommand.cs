using System.CommandLine;
using System.Text.Json;
using Sera.Host.Compute;
using Sera.Host.Runs;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;

namespace Sera.Host.Commands;

/// <summary>sera score: implicit reward margins of preference pairs, JSON lines and a summary line.</summary>
internal static class ScoreCommand
{
    public static Command Create(CommandContext context)
    {
        var policy = new Option<string>("--policy") { Description = "Folder of the policy.", HelpName = "folder", Required = true };
        var adapter = new Option<string?>("--adapter") { Description = "PEFT folder of an adapter over it.", HelpName = "folder" };
        var reference = new Option<string?>("--reference")
        {
            Description = "Folder of the reference; with --adapter it may be left out: the policy without its adapter.",
            HelpName = "folder",
        };
        var pairs = new Option<string>("--pairs") { Description = "Preference pairs: a file, a folder or a glob.", HelpName = "path", Required = true };
        var loss = new Option<string>("--loss") { Description = $"{PreferenceLosses.Names}, or a sum of some; their parameters at their defaults.", HelpName = "name", DefaultValueFactory = _ => "dpo" };
        var beta = new Option<double>("--beta") { Description = "Scale of the implicit reward.", HelpName = "b", DefaultValueFactory = _ => 0.1 };
        var eos = new Option<bool>("--append-eos") { Description = "End responses with the end-of-sequence token.", DefaultValueFactory = _ => true };
        var tokens = new Option<int>("--batch-tokens") { Description = "Tokens of one batch.", HelpName = "n", DefaultValueFactory = _ => 4096 };
        var output = new Option<string?>("--out") { Description = "File for the margins; standard output where none is given.", HelpName = "path" };
        SamplingChoices.Require(beta, value => value > 0 && double.IsFinite(value), "a number above 0");
        SamplingChoices.Require(tokens, value => value >= 1, "1 or more");
        SamplingChoices.Require(loss, value => PreferenceLosses.Find(value) is not null, PreferenceLosses.Names);
        var json = CommonOptions.Json();
        var command = new Command("score", "Score preference pairs by the implicit reward.") { policy, adapter, reference, pairs, loss, beta, eos, tokens, output, json };
        var compute = new ComputeOptions(command);
        command.SetAction((parsed, _) =>
        {
            var margins = new PairMargins(
                parsed.GetValue(policy)!, parsed.GetValue(adapter), parsed.GetValue(reference), parsed.GetValue(pairs)!, parsed.GetValue(eos),
                new LossOptions(parsed.GetValue(loss)!, parsed.GetValue(beta), 0), parsed.GetValue(tokens));
            Write(context, margins.Compute(compute.Settings(parsed), context.Stop), parsed.GetValue(output));
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void Write(CommandContext context, List<PairMargin> margins, string? to)
    {
        var values = margins.Select(margin => margin.Margin).Where(double.IsFinite).ToArray();
        var summary = JsonSerializer.Serialize(
            new
            {
                pairs = margins.Count,
                rewardAccuracy = Margins.Accuracy(values),
                marginMean = values.Length == 0 ? (double?)null : values.Average(),
                marginQuantiles = MarginQuantiles.Of(values),
                nonFinite = margins.Count - values.Length,
            },
            HostJson.Line);
        var lines = margins.Select(margin => JsonSerializer.Serialize(
            new { margin.Id, margin.Margin, margin.ChosenReward, margin.RejectedReward, margin.ChosenLogp, margin.RejectedLogp }, HostJson.Line));
        if (to is null)
        {
            foreach (var line in lines) context.Out.WriteLine(line);
        }
        else
        {
            DurableFile.Write(to, stream =>
            {
                using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
                foreach (var line in lines) writer.WriteLine(line);
            });
        }
        context.Out.WriteLine(summary);
    }
}
