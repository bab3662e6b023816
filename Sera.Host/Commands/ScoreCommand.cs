using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Sera.Host.Compute;
using Sera.Host.Runs;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;

namespace Sera.Host.Commands;

/// <summary>sera score: implicit reward margins of preference pairs, JSON lines and a summary line.</summary>
internal static class ScoreCommand
{
    private sealed record Margin(string Id, double ChosenReward, double RejectedReward, double Value, float ChosenLogp, float RejectedLogp);

    public static Command Create(CommandContext context)
    {
        var policy = new Option<string>("--policy") { Description = "Folder of the policy.", HelpName = "folder", Required = true };
        var adapter = new Option<string?>("--adapter") { Description = "PEFT folder of an adapter over it.", HelpName = "folder" };
        var reference = new Option<string?>("--reference")
        {
            Description = "Folder of the reference; with --adapter it may be left out: the policy without its adapter.",
            HelpName = "folder",
        };
        var pairs = new Option<string>("--pairs") { Description = "Preference pairs, JSON lines.", HelpName = "path", Required = true };
        var loss = new Option<string>("--loss") { Description = PreferenceLosses.Names, HelpName = "name", DefaultValueFactory = _ => "dpo" };
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
            var options = new LossOptions(parsed.GetValue(loss)!, parsed.GetValue(beta), 0);
            if (PreferenceLosses.NeedsReference(options) && parsed.GetValue(reference) is null && parsed.GetValue(adapter) is null)
                throw new InputException("--reference", "not given", $"a reference, which {options.Name} needs", "give a folder, or --adapter to score against the policy without it");
            var settings = compute.Settings(parsed);
            using var loaded = StandalonePolicy.Load(parsed.GetValue(policy)!, settings, parsed.GetValue(adapter));
            var rows = Rows(loaded, parsed.GetValue(pairs)!, parsed.GetValue(eos));
            var groups = rows.Select(row => new TokenGroup(row.Id, row.PromptTokens, [row.ChosenTokens, row.RejectedTokens])).ToImmutableArray();
            var own = Logps(loaded.Model, groups, parsed.GetValue(tokens), context.Stop);
            var others = own;
            if (PreferenceLosses.NeedsReference(options))
            {
                using var standalone = parsed.GetValue(reference) is { } folder ? StandalonePolicy.Load(folder, settings) : null;
                using var without = standalone is null ? loaded.Model.WithoutAdapter() : null;
                others = Logps(standalone?.Model ?? without!, groups, parsed.GetValue(tokens), context.Stop);
            }
            Write(context, rows.Select((row, i) => MarginOf(options, row, own[i], others[i])).ToList(), parsed.GetValue(output));
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static ImmutableArray<PairRow> Rows(StandalonePolicy loaded, string pairs, bool eos) => DataPreparation.Prepare(
        new DataOptions(pairs, HeldOut: 0, AppendEos: eos, TooLong: TooLong.Refuse),
        seed: 0,
        loaded.Opened.Tokenizer,
        loaded.Opened.Context,
        loaded.Opened.Folder.Config.VocabularySize).Train;

    private static ImmutableArray<GroupLogps> Logps(LlamaModel model, ImmutableArray<TokenGroup> groups, int batchTokens, CancellationToken stop)
    {
        using var work = new ScoringWork(model, groups, batchTokens);
        return Quanta.Run(work, "score", null, stop);
    }

    private static Margin MarginOf(LossOptions loss, PairRow row, GroupLogps policy, GroupLogps reference)
    {
        var chosen = ImplicitReward.Of(loss, policy.Logps[0], reference.Logps[0], row.ChosenTokens.Length);
        var rejected = ImplicitReward.Of(loss, policy.Logps[1], reference.Logps[1], row.RejectedTokens.Length);
        return new Margin(row.Id, chosen, rejected, chosen - rejected, policy.Logps[0], policy.Logps[1]);
    }

    private static void Write(CommandContext context, List<Margin> margins, string? to)
    {
        var values = margins.Select(margin => margin.Value).Where(double.IsFinite).ToArray();
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
            new { margin.Id, margin = margin.Value, margin.ChosenReward, margin.RejectedReward, margin.ChosenLogp, margin.RejectedLogp }, HostJson.Line));
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
