using System.Collections.Immutable;
using Sera.Host.Compute;
using Sera.Host.Configuration;
using Sera.Host.Runs;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;

namespace Sera.Host.Preparation;

/// <summary>Everything that can be wrong with a run is looked at before anything is written.</summary>
internal static class RunPreparation
{
    /// <param name="threads">libtorch threads per worker, resolved.</param>
    /// <param name="precision">That the run began with; null for one that begins.</param>
    /// <param name="warn">Receives what the user should know but what stops nothing.</param>
    /// <exception cref="InputException">The run cannot start as it is.</exception>
    public static PreparedRun Check(RunSettings settings, string work, int threads, Precision? precision, Action<string> warn)
    {
        var host = SettingsReader.HostOptions(settings);
        var options = SettingsReader.RunOptions(settings);
        WorkFolder.CheckWritable(work);
        TorchLibrary.Require();
        var torch = new TorchSettings(host.Device, threads, precision ?? host.Precision);
        torch.Apply();

        var policy = OpenedPolicy.Open(host.PolicyFolder);
        RequireAtMost(settings, RunKeys.SamplingMaxNewTokens, policy.Context);
        RequireAtMost(settings, RunKeys.EvaluationMaxNewTokens, policy.Context);
        foreach (var id in options.Sampling.StopTokens.Where(id => id >= policy.Folder.Config.VocabularySize))
        {
            throw settings.Error(RunKeys.SamplingStopTokens, $"ids below {policy.Folder.Config.VocabularySize}, the policy's vocabulary", $"remove {id}");
        }
        if (options.Training.Lora is { } lora) options = options with { Training = options.Training with { Lora = lora with { Targets = Targets(settings, lora, policy) } } };
        policy.CheckWeights();
        var reward = OpenedRewardModel.Open(settings, host, policy);
        if (policy.VocabularyWarning() is { } vocabulary) warn(vocabulary);
        if (policy.FieldsWarning() is { } fields) warn(fields);

        if (host.BaseFolder.Length > 0 && !PreferenceLosses.NeedsReference(options.Loss))
            throw settings.Error(RunKeys.PoliciesScoreBase, $"\"\" with {options.Loss.Name}, whose rewards have no reference", "remove it");
        var scoreBase = ScoreBase.Open(settings, host.BaseFolder, policy);
        ImmutableArray<InputFile> inputs = [.. DataInputs.Of(host.Data).Select(input => input.Read())];
        var prefix = options.Loss.RefinementPrompt is { } refinement ? PromptPrefixes.Read(settings, RunKeys.LossRefinementPrompt, refinement, policy) : null;
        var scores = PromptPrefixes.OfScores(settings, options, policy);
        // An augmented prompt needs room in the context too.
        var augmented = PromptPrefixes.Longest(prefix, scores);
        var room = policy.Context - (augmented?.Row.Tokens.Length ?? 0);
        var data = DataPreparation.Prepare(host.Data, options.Seed, policy.Tokenizer, room, policy.Folder.Config.VocabularySize);
        if (augmented is var (key, longest) && options.Bootstraps()) PromptPrefixes.RequireRoom(settings, options, key, longest, data, policy.Context);
        RequireWinRates(settings, options.Loss, data.Train);
        foreach (var dropped in data.Dropped) warn($"{dropped.First}: {dropped.Count} rows left out ({dropped.Reason}), this is the first");
        foreach (var cut in data.Cut) warn($"{cut.First}: {cut.Count} rows cut to the length limit ({cut.Reason}), this is the first");
        if (data.EvalSeen > 0) warn($"{host.Data.Eval}: {data.EvalSeen} of {data.Eval.Length} prompts also stand in the training data");
        if (WorkFolder.SpaceWarning(work, policy.Bytes, options.Rounds) is { } space) warn(space);
        return new PreparedRun(settings, host, options, torch, policy, data, inputs, prefix, scoreBase, reward, scores);
    }

    /// <summary>A loss that regresses on votes has them from the run or from each pair.</summary>
    private static void RequireWinRates(RunSettings settings, LossOptions loss, ImmutableArray<PairRow> pairs)
    {
        if (!PreferenceLosses.Get(loss.Name).NeedsWinRate || loss.Parameter(LossParameter.WinRate) is not null) return;
        if (pairs.FirstOrDefault(pair => pair.ChosenWinRate is null) is { } without)
        {
            throw new InputException(
                settings.Text(RunKeys.Pairs), $"pair '{without.Id}' has no chosen_win_rate", $"one of each pair, above 0 and below 1, which loss.name = {loss.Name} needs",
                "add it, or set loss.win-rate for all that have none");
        }
    }

    /// <summary>The projections by their names, as the run records them.</summary>
    private static IReadOnlyList<string> Targets(RunSettings settings, LoraOptions lora, OpenedPolicy policy)
    {
        var known = LlamaLayout.Projections(policy.Folder.Config);
        if (lora.Targets is [LoraOptions.AllLinear]) return known;
        return lora.Targets.FirstOrDefault(target => !known.Contains(target)) is { } unknown
            ? throw settings.Error(RunKeys.LoraTargets, $"{LoraOptions.AllLinear} or projections out of {string.Join(", ", known)}", $"correct '{unknown}'")
            : lora.Targets;
    }

    private static void RequireAtMost(RunSettings settings, string key, int context)
    {
        if (settings.Whole(key) > context) throw settings.Error(key, $"1 .. {context}, the policy's context", "lower it");
    }
}
