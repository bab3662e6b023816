using Sera.Host.Compute;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Alignment.Tokens;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Host.Configuration;

/// <summary>Settings as the options that the loop and the host work with.</summary>
internal static class SettingsReader
{
    /// <exception cref="InputException">A required key is empty.</exception>
    public static HostOptions HostOptions(RunSettings settings)
    {
        var name = settings.Text(RunKeys.Name);
        if (name.Length is 0 or > 64 || name[0] is '.' or '-' || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')))
        {
            throw settings.Error(
                RunKeys.Name, "1 to 64 letters, digits, '-', '_' and '.', the first a letter, a digit or '_'", "the run's folder gets this name, so choose a plain one");
        }
        var fromPrompts = settings.Text(RunKeys.TrainingData) == "prompts";
        if (fromPrompts && settings.Text(RunKeys.Pairs).Length > 0)
            throw settings.Error(RunKeys.Pairs, "nothing with training.data = prompts, which reads no pairs", "remove it, or set training.data = on-policy");
        if (fromPrompts && settings.Text(RunKeys.Labels).Length > 0)
            throw settings.Error(RunKeys.Labels, "nothing with training.data = prompts, which reads no pairs", "remove it");
        return new HostOptions(
            name,
            Required(settings, RunKeys.Policy, "the folder of the starting policy"),
            settings.Text(RunKeys.PoliciesScoreBase),
            new DataOptions(
                fromPrompts ? "" : Required(settings, RunKeys.Pairs, "a file of preference pairs"),
                fromPrompts ? Required(settings, RunKeys.Prompts, "a file of prompts, which training.data = prompts learns from") : settings.Text(RunKeys.Prompts),
                settings.Text(RunKeys.Eval),
                settings.Number(RunKeys.HeldOut),
                settings.Flag(RunKeys.AppendEos),
                settings.Whole(RunKeys.MaxLength),
                TooLongs.Of(settings.Text(RunKeys.TooLong)),
                settings.Text(RunKeys.OnBadRow) == "refuse" ? BadRows.Refuse : BadRows.Drop,
                settings.Whole(RunKeys.Limit),
                settings.Text(RunKeys.Labels)),
            settings.Text(RunKeys.Device),
            new EngineChoice(settings.Text(RunKeys.Engine) == "simulated" ? settings.Number(RunKeys.TokensPerSecond) : null),
            Precisions.Of(settings.Text(RunKeys.Dtype), settings.Text(RunKeys.Device)),
            settings.Whole(RunKeys.Threads),
            settings.Whole(RunKeys.WorkersGenerate),
            settings.Whole(RunKeys.WorkersScore),
            settings.Whole(RunKeys.WorkersTrain),
            settings.Text(RunKeys.Journal),
            RewardFolder(settings));
    }

    /// <exception cref="InputException">An option is out of its range.</exception>
    public static RunOptions RunOptions(RunSettings settings)
    {
        var options = Build(settings);
        foreach (var problem in RunOptionsRules.Check(options))
        {
            throw new InputException(settings.Where("sera." + problem.Key), $"sera.{problem.Key} is '{problem.Found}'", problem.Expected, "correct the value");
        }
        if (options is { TrainingData: TrainingData.Prompts, Reward: RewardSource.Implicit } && PreferenceLosses.NeedsReference(options.Loss))
            Required(settings, RunKeys.PoliciesScoreBase, "the folder of the policy that run.policy was trained from, which training.data = prompts measures rewards against");
        return options;
    }

    private static RunOptions Build(RunSettings settings) => new(
        (ulong)settings.Long(RunKeys.Seed),
        settings.Whole(RunKeys.Rounds),
        Loss(settings),
        new SelectionOptions(
            settings.Number(RunKeys.SelectionKeep),
            settings.Number(RunKeys.SelectionEnsemble),
            settings.Whole(RunKeys.SelectionKeepPairs),
            NullIfDefault(settings.Text(RunKeys.SelectionRule), SelectionRules.Default.Name),
            settings.MaybeNumber(RunKeys.SelectionThreshold)),
        new BootstrapOptions(
            settings.Number(RunKeys.BootstrapKeep),
            settings.Whole(RunKeys.BootstrapSamples),
            settings.Flag(RunKeys.BootstrapKeepTruncated),
            settings.Whole(RunKeys.BootstrapKeepPairs),
            NullIfDefault(settings.Text(RunKeys.BootstrapPairRule), PairRules.Default.Name),
            Calibration(settings),
            settings.Text(RunKeys.BootstrapSource) == "segments" ? new SegmentOptions(settings.Whole(RunKeys.BootstrapSegmentTokens)) : null),
        new RoundPolicyOptions(
            Choice(settings, RunKeys.PoliciesInit), Choice(settings, RunKeys.PoliciesTrainReference), Choice(settings, RunKeys.PoliciesScoreReference),
            settings.Whole(RunKeys.PoliciesReferenceSyncSteps) is not 0 and var steps ? new ReferenceSyncOptions(steps, settings.Number(RunKeys.PoliciesReferenceMix)) : null),
        new SamplingOptions(
            settings.Number(RunKeys.SamplingTemperature),
            settings.Number(RunKeys.SamplingTopP),
            settings.Whole(RunKeys.SamplingTopK),
            settings.Whole(RunKeys.SamplingMaxNewTokens),
            settings.List<int>(RunKeys.SamplingStopTokens),
            settings.List<string>(RunKeys.SamplingStopStrings) is { IsEmpty: false } strings ? strings : null),
        new TrainingOptions(
            settings.Text(RunKeys.TrainingMode) == "full"
                ? null
                : new LoraOptions(settings.Whole(RunKeys.LoraRank), settings.Number(RunKeys.LoraAlpha), settings.List<string>(RunKeys.LoraTargets), settings.Flag(RunKeys.LoraRankStabilized)),
            settings.Whole(RunKeys.TrainingEpochs),
            settings.Number(RunKeys.TrainingLearningRate),
            settings.Number(RunKeys.TrainingWarmup),
            settings.Number(RunKeys.TrainingWeightDecay),
            settings.Number(RunKeys.TrainingClipNorm),
            settings.Whole(RunKeys.TrainingPairsPerStep),
            settings.Whole(RunKeys.TrainingMicroBatchTokens),
            settings.Whole(RunKeys.TrainingCheckpointEvery),
            settings.Flag(RunKeys.TrainingDistribute),
            settings.Flag(RunKeys.TrainingRecompute)),
        new EvaluationOptions(settings.Whole(RunKeys.EvaluationMaxNewTokens), settings.Whole(RunKeys.EvaluationShown)),
        new ShardOptions(
            settings.Whole(RunKeys.ShardsScorePairs),
            settings.Whole(RunKeys.ShardsGeneratePrompts),
            settings.Whole(RunKeys.ShardsScoreBatchTokens),
            settings.Whole(RunKeys.ShardsGenerateBatch)),
        settings.Text(RunKeys.TrainingData) switch
        {
            "offline" => TrainingData.Offline,
            "on-policy" => TrainingData.OnPolicy,
            "replay" => TrainingData.Replay,
            "prompts" => TrainingData.Prompts,
            _ => TrainingData.Union,
        },
        settings.MaybeNumber(RunKeys.TrainingReplayShare),
        RewardFolder(settings) is null ? RewardSource.Implicit : RewardSource.Model,
        NullIfDefault(settings.Text(RunKeys.TrainingRewardPrefix), ""));

    /// <summary>The options of a run that uses the default are those of before there was a choice.</summary>
    private static string? NullIfDefault(string name, string byDefault) => name == byDefault ? null : name;

    /// <summary>What is as in reference.conf stays unset, so that the options of a run name what it changes only.</summary>
    private static LossOptions Loss(RunSettings settings)
    {
        var loss = new LossOptions(
            settings.Text(RunKeys.LossName),
            settings.Number(RunKeys.LossBeta),
            settings.Number(RunKeys.LossTargetMargin),
            NullIfDefault(settings.Text(RunKeys.LossDivergence), Divergences.ReverseKl),
            null,
            NullIfDefault(settings.Text(RunKeys.LossConsistency), RankConsistency.All[0].Name),
            settings.Flag(RunKeys.LossAverageConsistency),
            NullIfDefault(settings.Text(RunKeys.LossWeighting), "none"),
            NullIfDefault(settings.Text(RunKeys.LossTokenWeights), TokenWeightings.None),
            NullIfDefault(settings.Text(RunKeys.LossRefinementPrompt), ""),
            settings.Flag(RunKeys.LossMovingThreshold),
            NullIfDefault(settings.Text(RunKeys.LossPrior), RewardPrior.Length));
        return LossParameter.All.Aggregate(loss, (set, p) => settings.MaybeNumber(RunKeys.Of(p)) is { } value ? set.With(p, value) : set);
    }

    private static string? RewardFolder(RunSettings settings) =>
        settings.Text(RunKeys.RewardSource) is var source && source.StartsWith(RunKey.ModelPrefix, StringComparison.Ordinal) ? source[RunKey.ModelPrefix.Length..] : null;

    private static CalibrationOptions? Calibration(RunSettings settings) => settings.Text(RunKeys.BootstrapCalibration) is var name && name == RewardCalibrations.None
        ? null
        : new CalibrationOptions(name, settings.Number(RunKeys.BootstrapCalibrationFraction), settings.Number(RunKeys.BootstrapCalibrationWeight));

    private static PolicyChoice Choice(RunSettings settings, string path) =>
        settings.Text(path) == "sft" ? PolicyChoice.Sft : PolicyChoice.Previous;

    private static string Required(RunSettings settings, string path, string expected) => settings.Text(path) is { Length: > 0 } value
        ? value
        : throw settings.Error(path, expected, $"set it in the run file or with --set {path["sera.".Length..]}=...");
}
