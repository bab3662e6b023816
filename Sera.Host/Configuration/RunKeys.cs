using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Alignment.Tokens;

namespace Sera.Host.Configuration;

/// <summary>
/// The type of every key of a run file, in the order of hocon/reference.conf, which holds the meanings and defaults; a test keeps the two
/// equal. Ranges of what decides the result are checked by RunOptionsRules, the others here.
/// </summary>
internal static class RunKeys
{
    public const string Name = "sera.run.name";
    public const string Seed = "sera.run.seed";
    public const string Rounds = "sera.run.rounds";
    public const string Policy = "sera.run.policy";
    public const string Pairs = "sera.data.pairs";
    public const string Prompts = "sera.data.prompts";
    public const string Eval = "sera.data.eval";
    public const string HeldOut = "sera.data.held-out";
    public const string AppendEos = "sera.data.append-eos";
    public const string MaxLength = "sera.data.max-length";
    public const string TooLong = "sera.data.too-long";
    public const string OnBadRow = "sera.data.on-bad-row";
    public const string Limit = "sera.data.limit";
    public const string Labels = "sera.data.labels";
    public const string LossName = "sera.loss.name";
    public const string LossBeta = "sera.loss.beta";
    public const string LossTargetMargin = "sera.loss.target-margin";
    public const string LossDivergence = "sera.loss.divergence";
    public const string LossWeighting = "sera.loss.weighting";
    public const string LossTokenWeights = "sera.loss.token-weights";
    public const string LossRefinementPrompt = "sera.loss.refinement-prompt";
    public const string LossPrior = "sera.loss.prior";
    public const string LossConsistency = "sera.loss.consistency";
    public const string LossAverageConsistency = "sera.loss.average-consistency";
    public const string LossMovingThreshold = "sera.loss.moving-threshold";
    public const string RewardSource = "sera.reward.source";
    public const string SelectionKeep = "sera.selection.keep";
    public const string SelectionKeepPairs = "sera.selection.keep-pairs";
    public const string SelectionRule = "sera.selection.rule";
    public const string SelectionThreshold = "sera.selection.threshold";
    public const string SelectionEnsemble = "sera.selection.ensemble";
    public const string BootstrapKeep = "sera.bootstrap.keep";
    public const string BootstrapKeepPairs = "sera.bootstrap.keep-pairs";
    public const string BootstrapPairRule = "sera.bootstrap.pair-rule";
    public const string BootstrapSamples = "sera.bootstrap.samples";
    public const string BootstrapKeepTruncated = "sera.bootstrap.keep-truncated";
    public const string BootstrapSource = "sera.bootstrap.source";
    public const string BootstrapSegmentTokens = "sera.bootstrap.segment-tokens";
    public const string BootstrapCalibration = "sera.bootstrap.calibration";
    public const string BootstrapCalibrationFraction = "sera.bootstrap.calibration-fraction";
    public const string BootstrapCalibrationWeight = "sera.bootstrap.calibration-weight";
    public const string PoliciesInit = "sera.policies.init";
    public const string PoliciesTrainReference = "sera.policies.train-reference";
    public const string PoliciesScoreReference = "sera.policies.score-reference";
    public const string PoliciesScoreBase = "sera.policies.score-base";
    public const string PoliciesReferenceSyncSteps = "sera.policies.reference-sync-steps";
    public const string PoliciesReferenceMix = "sera.policies.reference-mix";
    public const string SamplingTemperature = "sera.sampling.temperature";
    public const string SamplingTopP = "sera.sampling.top-p";
    public const string SamplingTopK = "sera.sampling.top-k";
    public const string SamplingMaxNewTokens = "sera.sampling.max-new-tokens";
    public const string SamplingStopTokens = "sera.sampling.stop-tokens";
    public const string SamplingStopStrings = "sera.sampling.stop-strings";
    public const string TrainingData = "sera.training.data";
    public const string TrainingReplayShare = "sera.training.replay-share";
    public const string TrainingRewardPrefix = "sera.training.reward-prefix";
    public const string TrainingMode = "sera.training.mode";
    public const string TrainingEpochs = "sera.training.epochs";
    public const string TrainingLearningRate = "sera.training.learning-rate";
    public const string TrainingWarmup = "sera.training.warmup";
    public const string TrainingWeightDecay = "sera.training.weight-decay";
    public const string TrainingClipNorm = "sera.training.clip-norm";
    public const string TrainingPairsPerStep = "sera.training.pairs-per-step";
    public const string TrainingMicroBatchTokens = "sera.training.micro-batch-tokens";
    public const string TrainingCheckpointEvery = "sera.training.checkpoint-every";
    public const string TrainingRecompute = "sera.training.recompute";
    public const string TrainingDistribute = "sera.training.distribute";
    public const string LoraRank = "sera.lora.rank";
    public const string LoraAlpha = "sera.lora.alpha";
    public const string LoraRankStabilized = "sera.lora.rank-stabilized";
    public const string LoraTargets = "sera.lora.targets";
    public const string EvaluationMaxNewTokens = "sera.evaluation.max-new-tokens";
    public const string EvaluationShown = "sera.evaluation.shown";
    public const string ShardsScorePairs = "sera.shards.score-pairs";
    public const string ShardsGeneratePrompts = "sera.shards.generate-prompts";
    public const string ShardsScoreBatchTokens = "sera.shards.score-batch-tokens";
    public const string ShardsGenerateBatch = "sera.shards.generate-batch";
    public const string Device = "sera.compute.device";
    public const string Engine = "sera.compute.engine";
    public const string TokensPerSecond = "sera.compute.tokens-per-second";
    public const string Dtype = "sera.compute.dtype";
    public const string Threads = "sera.compute.threads";
    public const string WorkersGenerate = "sera.compute.workers.generate";
    public const string WorkersScore = "sera.compute.workers.score";
    public const string WorkersTrain = "sera.compute.workers.train";
    public const string Journal = "sera.journal.provider";

    public static readonly ImmutableArray<RunKey> All =
    [
        Text(Name, "a text of letters, digits, '-', '_' and '.'"),
        Whole(Seed, 0, long.MaxValue),
        Whole(Rounds),
        File(Policy),
        File(Pairs),
        File(Prompts),
        File(Eval),
        Number(HeldOut, 0, 0.5),
        Flag(AppendEos),
        Whole(MaxLength, 0, int.MaxValue),
        Choice(TooLong, "drop", "refuse", "cut-response", "cut-prompt"),
        Choice(OnBadRow, "refuse", "drop"),
        Whole(Limit, 0, int.MaxValue),
        File(Labels),
        Text(LossName, "the name of a loss, or a sum such as \"0.8 dpo + 0.2 bco + sft\""),
        Number(LossBeta),
        Number(LossTargetMargin),
        Choice(LossDivergence, [.. Divergences.All]),
        .. LossParameter.All.Select(p => new RunKey(Of(p), KeyKind.MaybeNumber, $"{p.Range}, or \"\" for the default of the loss", [])),
        Choice(LossWeighting, "none", LossOptions.Wpo),
        Choice(LossTokenWeights, [TokenWeightings.None, .. TokenWeightings.All.Select(w => w.Name)]),
        Text(LossRefinementPrompt, "a text, or \"\" for none"),
        Choice(LossPrior, RewardPrior.Length, RewardPrior.Cosine),
        Choice(LossConsistency, [.. RankConsistency.All.Select(m => m.Name)]),
        Flag(LossAverageConsistency),
        Flag(LossMovingThreshold),
        new RunKey(RewardSource, KeyKind.RewardSource, "implicit, or model: and the folder of a reward model", []),
        Number(SelectionKeep),
        Whole(SelectionKeepPairs),
        Choice(SelectionRule, [.. SelectionRules.All.Select(rule => rule.Name)]),
        new RunKey(SelectionThreshold, KeyKind.MaybeNumber, "a number, \"\" for none", []),
        Number(SelectionEnsemble),
        Number(BootstrapKeep),
        Whole(BootstrapKeepPairs),
        Choice(BootstrapPairRule, [.. PairRules.All.Select(rule => rule.Name)]),
        Whole(BootstrapSamples),
        Flag(BootstrapKeepTruncated),
        Choice(BootstrapSource, "responses", "segments"),
        Whole(BootstrapSegmentTokens),
        Choice(BootstrapCalibration, "none", "dice", "lowess"),
        Number(BootstrapCalibrationFraction),
        Number(BootstrapCalibrationWeight),
        Choice(PoliciesInit, "sft", "previous"),
        Choice(PoliciesTrainReference, "sft", "previous"),
        Choice(PoliciesScoreReference, "sft", "previous"),
        File(PoliciesScoreBase),
        Whole(PoliciesReferenceSyncSteps),
        Number(PoliciesReferenceMix),
        Number(SamplingTemperature),
        Number(SamplingTopP),
        Whole(SamplingTopK),
        Whole(SamplingMaxNewTokens),
        new RunKey(SamplingStopTokens, KeyKind.WholeList, "a list of token ids, [] for none", []),
        new RunKey(SamplingStopStrings, KeyKind.TextList, "a list of strings, [] for none", []),
        Choice(TrainingData, "union", "offline", "on-policy", "replay", "prompts"),
        new RunKey(TrainingReplayShare, KeyKind.MaybeNumber, "a number above 0 and below 1, \"\" for the default", []),
        Text(TrainingRewardPrefix, "a text with {score} in it, or \"\" for none"),
        Choice(TrainingMode, "lora", "full"),
        Whole(TrainingEpochs),
        Number(TrainingLearningRate),
        Number(TrainingWarmup),
        Number(TrainingWeightDecay),
        Number(TrainingClipNorm),
        Whole(TrainingPairsPerStep),
        Whole(TrainingMicroBatchTokens),
        Whole(TrainingCheckpointEvery),
        Flag(TrainingRecompute),
        Flag(TrainingDistribute),
        Whole(LoraRank),
        Number(LoraAlpha),
        Flag(LoraRankStabilized),
        new RunKey(LoraTargets, KeyKind.TextList, "[all-linear] or a list of projection names, such as [q_proj, v_proj]", []),
        Whole(EvaluationMaxNewTokens),
        Whole(EvaluationShown),
        Whole(ShardsScorePairs),
        Whole(ShardsGeneratePrompts),
        Whole(ShardsScoreBatchTokens),
        Whole(ShardsGenerateBatch),
        Choice(Device, "cpu", "cuda"),
        Choice(Engine, "torch", "simulated"),
        Number(TokensPerSecond, 1, 1e9),
        Choice(Dtype, "f32", "bf16", "auto"),
        Whole(Threads, 0, 1024),
        Whole(WorkersGenerate, 1, 64),
        Whole(WorkersScore, 1, 64),
        Whole(WorkersTrain, 1, 64),
        Choice(Journal, "sqlite"),
    ];

    private static readonly Dictionary<string, RunKey> ByPath = All.ToDictionary(key => key.Path, StringComparer.Ordinal);

    private static readonly HashSet<string> Blocks = [.. All.SelectMany(key => Parents(key.Path))];

    /// <summary>The key of a parameter of a loss.</summary>
    public static string Of(LossParameter parameter) => "sera.loss." + parameter.Key;

    public static RunKey? Find(string path) => ByPath.GetValueOrDefault(path);

    /// <summary>Whether the path names a block of keys, such as sera.loss.</summary>
    public static bool IsBlock(string path) => Blocks.Contains(path);

    private static IEnumerable<string> Parents(string path)
    {
        for (var dot = path.IndexOf('.'); dot >= 0; dot = path.IndexOf('.', dot + 1)) yield return path[..dot];
    }

    private static RunKey Text(string path, string expected) => new(path, KeyKind.Text, expected, []);

    private static RunKey File(string path) => new(path, KeyKind.File, "a path", []);

    private static RunKey Flag(string path) => new(path, KeyKind.Flag, "true or false", []);

    private static RunKey Choice(string path, params string[] choices) => new(path, KeyKind.Choice, string.Join(" or ", choices), [.. choices]);

    private static RunKey Whole(string path) => new(path, KeyKind.Whole, "a whole number", [], int.MinValue, int.MaxValue);

    private static RunKey Whole(string path, long low, long high) =>
        new(path, KeyKind.Whole, FormattableString.Invariant($"a whole number from {low} to {high}"), [], low, high);

    private static RunKey Number(string path) => new(path, KeyKind.Number, "a number", []);

    private static RunKey Number(string path, double low, double high) =>
        new(path, KeyKind.Number, FormattableString.Invariant($"a number from {low} to {high}"), [], low, high);
}
