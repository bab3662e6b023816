using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sera.Host.Compute;
using Sera.Host.Preparation;
using Sera.Host.Runs;
using Sera.Model.Adapters;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Training;
using TorchSharp;

namespace Sera.Host.Commands;

/// <summary>sera sft: supervised training on prompts and responses, of a policy or from scratch; started again after a stop it goes on.</summary>
internal static class SftCommand
{
    public static Command Create(CommandContext context)
    {
        var data = new Argument<string>("data") { Description = "Examples, rows with \"prompt\" and \"response\": a file, a folder or a glob." };
        var policy = new Option<string?>("--policy") { Description = "Folder of the policy to train.", HelpName = "folder" };
        var config = new Option<string?>("--config") { Description = "config.json of a policy to train from scratch.", HelpName = "path" };
        var tokenizer = new Option<string?>("--tokenizer") { Description = "Folder of its tokenizer.", HelpName = "folder" };
        var output = new Option<string>("--out") { Description = "The new policy's folder; the state lies beside it until the end.", HelpName = "folder", Required = true };
        var fresh = new Option<bool>("--fresh") { Description = "Forget the state of an earlier start." };
        var json = CommonOptions.Json();
        var command = new Command("sft", "Train a policy on prompts and responses.") { data, policy, config, tokenizer, output, fresh, json };
        var options = new SftOptions(command);
        var compute = new ComputeOptions(command, rounds: false);
        command.Validators.Add(result =>
        {
            var scratch = result.GetResult(config) is not null;
            if (result.GetResult(policy) is not null == scratch || result.GetResult(tokenizer) is not null != scratch)
                result.AddError("give either --policy, or --config and --tokenizer");
        });
        command.SetAction((parsed, _) =>
        {
            var folder = Path.GetFullPath(parsed.GetValue(output)!);
            if (Path.Exists(folder)) throw new InputException(folder, "it exists already", "a new folder", "choose another name or remove it");
            WorkFolder.CheckWritable(Path.GetDirectoryName(folder)!);
            var start = parsed.GetValue(policy) is { } from
                ? SftStart.FromPolicy(from)
                : SftStart.Fresh(parsed.GetValue(config)!, parsed.GetValue(tokenizer)!, options.Seed(parsed));
            var chosen = options.Read(parsed, start.Config, parsed.GetValue(policy) is null);
            var rows = start.Rows(parsed.GetValue(data)!);
            var asJson = parsed.GetValue(json);
            var settings = compute.Settings(parsed);
            var state = folder + ".state";
            try
            {
                using var work = new SupervisedTraining(start.Load(settings, chosen.Seed), start.Digest, rows, chosen, state, resume: !parsed.GetValue(fresh));
                if (work.StepsTaken > 0 && !asJson) context.Out.WriteLine($"goes on after step {work.StepsTaken}");
                var result = Quanta.Run(work, "sft", asJson ? null : new TrainingView(context.Out, () => work.Latest?.Loss), context.Stop);
                Write(start, result, folder);
                Directory.Delete(state, recursive: true);
                Report(context, work, folder, asJson);
                return Task.FromResult(ExitCode.Done);
            }
            catch (OperationCanceledException) when (context.Stop.IsCancellationRequested)
            {
                context.Error.WriteLine("interrupted; the same command goes on from the last state");
                return Task.FromResult(ExitCode.Interrupted);
            }
        });
        return command;
    }

    private static void Write(SftStart start, SupervisedResult result, string folder)
    {
        if (!result.IsAdapter)
        {
            using var file = WeightFiles.OpenFile(result.TrainedFile);
            using var whole = FlatParameters.Frozen(LlamaLayout.Of(start.Config), LlamaWeights.Load(file, start.Config));
            PolicyFolderWriter.Write(folder, start.ConfigPath, start.TokenizerFolder, whole);
            return;
        }
        // Files are written from the CPU, wherever the training was.
        using var adapter = AdapterFile.Read(result.TrainedFile, start.Config, torch.CPU);
        using var parameters = FlatParameters.Frozen(LlamaLayout.Of(start.Config), start.Policy!.LoadWeights());
        using var merged = FlatParameters.Frozen(LlamaLayout.Of(start.Config), LoraMerge.Merge(parameters, adapter));
        PolicyFolderWriter.Write(folder, start.Policy, merged);
        PeftFolder.Write(folder + "-adapter", adapter, start.Policy.Path, start.Config);
    }

    private static void Report(CommandContext context, SupervisedTraining work, string folder, bool json)
    {
        var loss = work.Latest?.Loss;
        var digest = PolicyFolder.Open(folder).Digest;
        context.Out.WriteLine(json
            ? JsonSerializer.Serialize(new { folder, steps = work.StepsTaken, loss, policySha256 = digest }, HostJson.Indented)
            : string.Create(CultureInfo.InvariantCulture, $"{folder}  {work.StepsTaken} steps, last loss {loss:0.####}, policy {digest[..12]}"));
    }
}
