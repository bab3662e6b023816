namespace Sera.Model.Alignment;

/// <summary>The range of every option, as hocon/reference.conf states it. Keys are written as there, below the root: loss.beta.</summary>
public static class RunOptionsRules
{
    /// <summary>Every option out of range, in the order of reference.conf; empty when the run may start.</summary>
    public static IReadOnlyList<OptionProblem> Check(RunOptions options)
    {
        var (loss, sampling, training, shards) = (options.Loss, options.Sampling, options.Training, options.Shards);
        var findings = new OptionFindings();
        findings.Require(options.Seed <= long.MaxValue, "run.seed", options.Seed, "0 .. 2^63-1");
        findings.Require(options.Rounds is >= 1 and <= 100, "run.rounds", options.Rounds, "1 .. 100");

        LossOptionsRules.Check(findings, loss, training);

        SelectionOptionsRules.Check(findings, options.Selection);
        SelectionOptionsRules.Check(findings, options.Bootstrap);

        if (options.Bootstrap.Calibration is { } calibration)
        {
            findings.Require(RewardCalibrations.Find(calibration.Name) is not null, "bootstrap.calibration", calibration.Name, RewardCalibrations.Names);
            findings.Require(calibration.Fraction is > 0 and <= 1, "bootstrap.calibration-fraction", calibration.Fraction, "(0, 1]");
            findings.Require(IsShare(calibration.Weight), "bootstrap.calibration-weight", calibration.Weight, "0 .. 1");
        }

        findings.Require(Enum.IsDefined(options.Policies.Init), "policies.init", options.Policies.Init, "sft | previous");
        findings.Require(
            Enum.IsDefined(options.Policies.TrainReference), "policies.train-reference", options.Policies.TrainReference, "sft | previous");
        findings.Require(
            Enum.IsDefined(options.Policies.ScoreReference), "policies.score-reference", options.Policies.ScoreReference, "sft | previous");

        if (options.Policies.Sync is { } sync)
        {
            findings.Require(sync.Steps >= 1, "policies.reference-sync-steps", sync.Steps, "a whole number >= 1, or 0 for a reference that stays");
            findings.Require(sync.Mix is > 0 and <= 1, "policies.reference-mix", sync.Mix, "(0, 1]");
            findings.Require(
                PreferenceLosses.Find(loss.Name) is null or { NeedsReference: true }, "policies.reference-sync-steps", sync.Steps,
                $"0 with {loss.Name}, which reads no reference");
            findings.Require(
                loss.TokenWeights is null, "policies.reference-sync-steps", sync.Steps, $"0 with loss.token-weights = {loss.TokenWeights}, which weigh the reference's tokens once a round");
        }

        findings.Require(sampling.Temperature is >= 0 and <= 5, "sampling.temperature", sampling.Temperature, "0 .. 5");
        findings.Require(sampling.TopP is > 0 and <= 1, "sampling.top-p", sampling.TopP, "(0, 1]");
        findings.Require(sampling.TopK >= 0, "sampling.top-k", sampling.TopK, "a whole number >= 0");
        findings.RequireAtLeastOne("sampling.max-new-tokens", sampling.MaxNewTokens);
        foreach (var token in sampling.StopTokens)
        {
            findings.Require(token >= 0, "sampling.stop-tokens", token, "token ids >= 0");
        }
        foreach (var text in sampling.StopStrings ?? []) findings.Require(text.Length > 0, "sampling.stop-strings", "[\"\"]", "strings that are not empty");

        SelectionOptionsRules.Check(findings, options.TrainingData, options.ReplayShare, options.Bootstrap);
        LossOptionsRules.CheckColumns(findings, options);
        if (options.RewardPrefix is { } prefix) CheckRewardPrefix(findings, options, prefix);
        CheckTraining(findings, training);

        findings.RequireAtLeastOne("evaluation.max-new-tokens", options.Evaluation.MaxNewTokens);
        findings.Require(options.Evaluation.Shown >= 0, "evaluation.shown", options.Evaluation.Shown, "a whole number >= 0");
        findings.RequireAtLeastOne("shards.score-pairs", shards.ScorePairs);
        findings.RequireAtLeastOne("shards.generate-prompts", shards.GeneratePrompts);
        findings.RequireAtLeastOne("shards.score-batch-tokens", shards.ScoreBatchTokens);
        findings.RequireAtLeastOne("shards.generate-batch", shards.GenerateBatch);
        return findings.Problems;
    }

    private static void CheckTraining(OptionFindings findings, TrainingOptions training)
    {
        findings.Require(training.Epochs is >= 1 and <= 100, "training.epochs", training.Epochs, "1 .. 100");
        findings.Require(IsPositive(training.LearningRate), "training.learning-rate", training.LearningRate, "a number > 0");
        findings.Require(IsShare(training.WarmupFraction), "training.warmup", training.WarmupFraction, "0 .. 1");
        findings.Require(IsNotNegative(training.WeightDecay), "training.weight-decay", training.WeightDecay, "a number >= 0");
        findings.Require(IsPositive(training.ClipNorm), "training.clip-norm", training.ClipNorm, "a number > 0");
        findings.RequireAtLeastOne("training.pairs-per-step", training.PairsPerStep);
        findings.RequireAtLeastOne("training.micro-batch-tokens", training.MicroBatchTokens);
        findings.RequireAtLeastOne("training.checkpoint-every", training.CheckpointEvery);
        if (training.Lora is { } lora)
        {
            findings.RequireAtLeastOne("lora.rank", lora.Rank);
            findings.Require(IsPositive(lora.Alpha), "lora.alpha", lora.Alpha, "a number > 0");
            findings.Require(lora.Targets.Count > 0, "lora.targets", "no projection", "at least one projection, such as q_proj");
            findings.Require(
                lora.Targets.All(t => !string.IsNullOrWhiteSpace(t)), "lora.targets", "an empty name", "names of projections, such as q_proj");
        }
    }

    /// <summary>A pair under another prompt, and turned round, has none of the columns that were made of the pair as it was.</summary>
    private static void CheckRewardPrefix(OptionFindings findings, RunOptions options, string prefix)
    {
        findings.Require(prefix.Contains(RewardScores.Slot, StringComparison.Ordinal), "training.reward-prefix", prefix, $"a text with {RewardScores.Slot} where the score stands");
        findings.Require(options.Rewards(), "training.reward-prefix", prefix, "\"\" in a run of one round, which knows no rewards");
        if (PreferenceLosses.Find(options.Loss.Name) is not { } loss) return;
        findings.Require(
            PreferenceLosses.ColumnsOf(options.Loss).IsEmpty && options.Loss.TokenWeights is null && loss.Exploration == Losses.Exploration.None, "training.reward-prefix", prefix,
            $"\"\" with {options.Loss.Name}{(options.Loss.TokenWeights is { } weights ? $" and loss.token-weights = {weights}" : "")}, which reads more of a pair than its log-probabilities");
    }

    private static bool IsPositive(double value) => value > 0 && double.IsFinite(value);

    private static bool IsNotNegative(double value) => value >= 0 && double.IsFinite(value);

    private static bool IsShare(double value) => value is >= 0 and <= 1;
}
