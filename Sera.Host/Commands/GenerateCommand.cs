using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Sera.Host.Compute;
using Sera.Host.Progress;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Generation;

namespace Sera.Host.Commands;

/// <summary>sera generate: responses of a policy to one prompt or to a file of prompts.</summary>
internal static class GenerateCommand
{
    public static Command Create(CommandContext context)
    {
        var policy = new Option<string>("--policy") { Description = "Folder of the policy.", HelpName = "folder", Required = true };
        var adapter = new Option<string?>("--adapter") { Description = "PEFT folder of an adapter over it.", HelpName = "folder" };
        var prompt = new Option<string?>("--prompt") { Description = "A prompt.", HelpName = "text" };
        var file = new Option<string?>("--file") { Description = "Rows with \"prompt\": a file, a folder or a glob.", HelpName = "path" };
        var samples = new Option<int>("--samples") { Description = "Responses per prompt.", HelpName = "n", DefaultValueFactory = _ => 1 };
        var batch = new Option<int>("--batch") { Description = "Sequences decoded together.", HelpName = "n", DefaultValueFactory = _ => 64 };
        var seed = CommonOptions.Seed("Of the sampling; 1 where none is given.");
        var output = new Option<string?>("--out") { Description = "File for the answers, JSON lines; standard output where none is given.", HelpName = "path" };
        var principle = new Option<string?>("--principle") { Description = "A text in front of every prompt, towards which the answers are moved (Linear Alignment).", HelpName = "text" };
        var strength = new Option<double>("--strength") { Description = "How far beyond what the principle does by itself, with --principle; 0 = not.", HelpName = "k", DefaultValueFactory = _ => 2 };
        var json = CommonOptions.Json();
        SamplingChoices.Require(strength, value => value is >= 0 and <= 100, "0 .. 100");
        SamplingChoices.Require(samples, value => value is >= 1 and <= 1024, "1 .. 1024");
        SamplingChoices.Require(batch, value => value >= 1, "1 or more");
        SamplingChoices.Require(seed, value => value >= 0, "0 or more");
        var command = new Command("generate", "Let a policy answer.") { policy, adapter, prompt, file, samples, batch, seed, principle, strength, output, json };
        var sampling = new SamplingChoices(command);
        var compute = new ComputeOptions(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(prompt) is null == result.GetResult(file) is null) result.AddError("give either --prompt or --file");
            if (result.GetResult(strength) is { Implicit: false } && result.GetResult(principle) is null) result.AddError("--strength is of --principle, which is not given");
        });
        command.SetAction((parsed, _) =>
        {
            using var loaded = StandalonePolicy.Load(parsed.GetValue(policy)!, compute.Settings(parsed), parsed.GetValue(adapter));
            var read = parsed.GetValue(file) is { } path
                ? RowReader.Prompts(path, BadRows.Refuse, loaded.Opened.Tokenizer)
                : new TextRows<TextPrompt>("--prompt", RowShape.Prompts, [new TextPrompt(1, "prompt", parsed.GetValue(prompt)!)], []);
            var texts = read.Rows;
            var prefix = parsed.GetValue(principle) is { } words ? Principle(loaded, words) : null;
            var prompts = Encode(loaded, read, prefix);
            var request = new GenerationRequest(
                prompts, parsed.GetValue(samples), sampling.Read(parsed), (ulong)(parsed.GetValue(seed) ?? 1), parsed.GetValue(batch));
            using var work = prefix is null
                ? new GenerationWork(loaded.Model, loaded.Opened.Tokenizer, request)
                : GenerationWork.Aligned(loaded.Model, loaded.Opened.Tokenizer, request, prefix, parsed.GetValue(strength));
            var to = parsed.GetValue(output);
            var answers = Quanta.Run(work, "generate", to is null ? null : new LineProgressView(context.Out), context.Stop);
            Write(context, texts, answers, to, parsed.GetValue(json) || parsed.GetValue(file) is not null);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static PromptPrefixRow Principle(StandalonePolicy loaded, string text)
    {
        var tokens = loaded.Opened.Tokenizer.EncodeContinuation(text);
        return tokens.Length == 0
            ? throw new InputException("--principle", "a text without tokens", "a text that says what a good answer is", "write one")
            : new PromptPrefixRow(text, [.. tokens], loaded.Opened.Tokenizer.Encode("").Length);
    }

    private static ImmutableArray<TokenPrompt> Encode(StandalonePolicy loaded, TextRows<TextPrompt> texts, PromptPrefixRow? principle)
    {
        var (context, tokenizer) = (loaded.Opened.Context, loaded.Opened.Tokenizer);
        return
        [
            .. texts.Rows.Select(text =>
            {
                ImmutableArray<int> own = [.. text.PromptTokens(tokenizer)];
                var tokens = principle?.Before(own) ?? own;
                if (own.Length > 0 && tokens.Length < context) return new TokenPrompt(text.Id, tokens);
                throw new InputException(texts.Origin.Place(text.Line).ToString(), $"a prompt of {tokens.Length} tokens", $"1 .. {context - 1}, below the policy's context", "shorten or fill it");
            }),
        ];
    }

    private static void Write(CommandContext context, ImmutableArray<TextPrompt> texts, ImmutableArray<PromptRollouts> answers, string? to, bool lines)
    {
        if (to is null && !lines)
        {
            foreach (var rollout in answers[0].Rollouts) context.Out.WriteLine(rollout.Text.TrimStart());
            return;
        }
        var rows = texts.Zip(answers, (text, answer) => JsonSerializer.Serialize(
            new { text.Id, text.Prompt, responses = answer.Rollouts.Select(rollout => new { rollout.Text, tokens = rollout.Tokens.Length, rollout.Truncated }) },
            HostJson.Line));
        if (to is null)
        {
            foreach (var row in rows) context.Out.WriteLine(row);
            return;
        }
        DurableFile.Write(to, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
            foreach (var row in rows) writer.WriteLine(row);
        });
    }
}
