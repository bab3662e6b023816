using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Sera.Host.Compute;
using Sera.Host.Outputs;
using Sera.Host.Preparation;
using Sera.Host.Runs;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Rewards;

namespace Sera.Host.Commands;

/// <summary>sera reward-model: trains a reward model on preference pairs, or averages some; a training started again after a stop goes on.</summary>
internal static class RewardModelCommand
{
    public static Command Create(CommandContext context)
    {
        var pairs = new Argument<string?>("pairs") { Description = "Preference pairs, a file, a folder or a glob; with --average to measure it on, or none.", Arity = ArgumentArity.ZeroOrOne };
        var policy = new Option<string?>("--policy") { Description = "Folder of the policy to start from.", HelpName = "folder" };
        var average = new Option<string[]>("--average")
        {
            Description = "Folders of reward models of one start, two or more: their uniform average (WARM).",
            HelpName = "folders",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var output = new Option<string>("--out") { Description = "The new folder; the state of a training lies beside it until the end.", HelpName = "folder", Required = true };
        var fresh = new Option<bool>("--fresh") { Description = "Forget the state of an earlier start." };
        var json = CommonOptions.Json();
        var command = new Command("reward-model", "Train a reward model on preference pairs, or average some.") { pairs, policy, average, output, fresh, json };
        var choices = new RewardModelChoices(command);
        var compute = new ComputeOptions(command, rounds: false);
        SamplingChoices.Require(average, folders => folders.Length > 1, "two folders or more");
        command.Validators.Add(result =>
        {
            if (result.GetResult(average) is { Implicit: false } == result.GetResult(policy) is not null) result.AddError("give either --policy, or --average");
            else if (result.GetResult(average) is { Implicit: false } && choices.OfTraining(result) is { } unread) result.AddError($"{unread} is of a training; --average reads it not");
            else if (result.GetResult(policy) is not null && result.GetResult(pairs) is not { Tokens.Count: > 0 }) result.AddError("give preference pairs to train on");
        });
        command.SetAction((parsed, _) =>
        {
            var folder = Path.GetFullPath(parsed.GetValue(output)!);
            if (Path.Exists(folder)) throw new InputException(folder, "it exists already", "a new folder", "choose another name or remove it");
            WorkFolder.CheckWritable(Path.GetDirectoryName(folder)!);
            var (settings, asJson) = (compute.Settings(parsed), parsed.GetValue(json));
            TorchLibrary.Require();
            settings.Apply();
            RewardModelRecord record;
            if (parsed.GetValue(policy) is not { } start)
            {
                var data = parsed.GetValue(pairs) is { } file ? choices.Data(parsed, file) : null;
                record = RewardModelAverage.Write(parsed.GetValue(average)!, data, folder, settings, context.Stop);
            }
            else if (Train(context, parsed, choices, SftStart.FromPolicy(start), parsed.GetValue(pairs)!, folder, settings, !parsed.GetValue(fresh), asJson) is { } trained)
            {
                record = trained;
            }
            else
            {
                context.Error.WriteLine("interrupted; the same command goes on from the last state");
                return Task.FromResult(ExitCode.Interrupted);
            }
            Report(context, folder, record, asJson);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    /// <returns>null where the user stopped it.</returns>
    private static RewardModelRecord? Train(
        CommandContext context, ParseResult parsed, RewardModelChoices choices, SftStart start, string pairs, string folder, TorchSettings settings, bool resume, bool quiet)
    {
        var (options, prior, bound, state) = (choices.Read(parsed, start.Config), choices.Prior(parsed), choices.Bound(parsed), folder + ".state");
        try
        {
            var data = RewardPairs.Read(
                choices.Data(parsed, pairs), OpenedPolicy.Open(start.Policy!.Path), prior, bound, choices.Encoder(parsed), settings, context.Stop);
            using var work = new RewardTraining(start.Load(settings, options.Seed), start.Digest, data.Train, options, state, resume);
            if (work.StepsTaken > 0 && !quiet) context.Out.WriteLine($"goes on after step {work.StepsTaken}");
            var trained = Quanta.Run(work, "reward-model", quiet ? null : new TrainingView(context.Out, () => work.Latest?.Loss), context.Stop);
            var record = new RewardModelRecord(start.Digest, options, prior, bound, data.Encoder, null, null);
            record = RewardModelExport.Write(trained, start.Policy, folder, record, data.HeldOut, settings, context.Stop);
            Directory.Delete(state, recursive: true);
            return record;
        }
        catch (OperationCanceledException) when (context.Stop.IsCancellationRequested)
        {
            return null;
        }
    }

    private static void Report(CommandContext context, string folder, RewardModelRecord record, bool json)
    {
        var digest = PolicyFolder.Open(folder).Digest;
        if (json)
        {
            context.Out.WriteLine(JsonSerializer.Serialize(new { folder, rewardModelSha256 = digest, record.HeldOut }, HostJson.Indented));
            return;
        }
        context.Out.WriteLine($"{folder}  reward model {digest[..12]}");
        if (record.HeldOut is not { Accuracy: not null } measured) return;
        context.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{measured.Pairs} held-out pairs: accuracy {measured.Accuracy:0.000}, mean negative log-likelihood {measured.MeanNll:0.000}, calibration error {measured.CalibrationError:0.000}"));
        foreach (var bin in measured.Bins)
        {
            context.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  sure by {bin.From:0.00} to {bin.To:0.00}: {bin.Pairs} pairs, {bin.Confidence:0.000} on average, right {bin.Accuracy:0.000}"));
        }
    }
}
