using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class RunOptionsRulesTests
{
    private static readonly RunOptions Sound = new(
        1, 3, new LossOptions("dpo", 0.1, 0.5), new SelectionOptions(0.7, 0.3), new BootstrapOptions(0.3, 4, false),
        new RoundPolicyOptions(PolicyChoice.Previous, PolicyChoice.Sft, PolicyChoice.Sft), new SamplingOptions(0.7, 0.95, 0, 64, []),
        new TrainingOptions(new LoraOptions(16, 32, ["q_proj"]), 1, 5e-5, 0.1, 0, 1, 16, 4096, 20), new EvaluationOptions(64, 8),
        new ShardOptions(256, 64, 4096, 64));

    public static TheoryData<string, string, RunOptions> OutOfRange => new()
    {
        { "run.seed", "9223372036854775808", Sound with { Seed = 1UL << 63 } },
        { "run.rounds", "0", Sound with { Rounds = 0 } },
        { "run.rounds", "101", Sound with { Rounds = 101 } },
        { "loss.name", "ppo", Sound with { Loss = Sound.Loss with { Name = "ppo" } } },
        { "loss.win-rate", "1", Sound with { Loss = new LossOptions("irepo", 0.1, 0).With(LossParameter.WinRate, 1) } },
        { "loss.weighting", "wpo", Sound with { Loss = new LossOptions("kto", 0.1, 0, Weighting: "wpo") } },
        { "loss.moving-threshold", "true", Sound with { Loss = Sound.Loss with { MovingThreshold = true } } },
        { "loss.threshold", "0.5", Sound with { Loss = new LossOptions("spa", 0.1, 0, MovingThreshold: true).With(LossParameter.Threshold, 0.5) } },
        { "loss.beta", "0", Sound with { Loss = Sound.Loss with { Beta = 0 } } },
        { "loss.beta", "Infinity", Sound with { Loss = Sound.Loss with { Beta = double.PositiveInfinity } } },
        { "loss.beta", "NaN", Sound with { Loss = Sound.Loss with { Beta = double.NaN } } },
        { "loss.target-margin", "-0.5", Sound with { Loss = Sound.Loss with { TargetMargin = -0.5 } } },
        { "selection.keep", "0", Sound with { Selection = Sound.Selection with { Keep = 0 } } },
        { "selection.keep", "1.5", Sound with { Selection = Sound.Selection with { Keep = 1.5 } } },
        { "selection.keep-pairs", "-1", Sound with { Selection = Sound.Selection with { KeepPairs = -1 } } },
        { "selection.keep-pairs", "9", Sound with { Selection = Sound.Selection with { KeepPairs = 9, Rule = "threshold", Threshold = 0 } } },
        { "selection.rule", "best", Sound with { Selection = Sound.Selection with { Rule = "best" } } },
        { "selection.threshold", "not given", Sound with { Selection = Sound.Selection with { Rule = "threshold" } } },
        { "selection.threshold", "NaN", Sound with { Selection = Sound.Selection with { Rule = "threshold", Threshold = double.NaN } } },
        { "selection.threshold", "0.5", Sound with { Selection = Sound.Selection with { Threshold = 0.5 } } },
        { "selection.threshold", "0", Sound with { Selection = Sound.Selection with { Rule = "random", Threshold = 0 } } },
        { "selection.ensemble", "-0.1", Sound with { Selection = Sound.Selection with { Ensemble = -0.1 } } },
        { "bootstrap.keep", "NaN", Sound with { Bootstrap = Sound.Bootstrap with { Keep = double.NaN } } },
        { "bootstrap.keep", "1.1", Sound with { Bootstrap = Sound.Bootstrap with { Keep = 1.1 } } },
        { "bootstrap.keep-pairs", "-5", Sound with { Bootstrap = Sound.Bootstrap with { KeepPairs = -5 } } },
        { "bootstrap.pair-rule", "worst", Sound with { Bootstrap = Sound.Bootstrap with { PairRule = "worst" } } },
        { "bootstrap.pair-rule", "best-second", Sound with { Bootstrap = Sound.Bootstrap with { PairRule = "best-second", Segments = new SegmentOptions(8) } } },
        { "bootstrap.segment-tokens", "0", Sound with { Bootstrap = Sound.Bootstrap with { Segments = new SegmentOptions(0) } } },
        { "loss.name", "selm", Sound with { Loss = Sound.Loss with { Name = "selm" }, Bootstrap = Sound.Bootstrap with { Keep = 0 } } },
        { "loss.name", "xpo", Sound with { Loss = Sound.Loss with { Name = "xpo" }, TrainingData = TrainingData.Offline } },
        { "loss.name", "cream", Sound with { Loss = Sound.Loss with { Name = "cream" }, Bootstrap = Sound.Bootstrap with { Segments = new SegmentOptions(8) } } },
        { "training.data", "on-policy", Sound with { TrainingData = TrainingData.OnPolicy, Bootstrap = Sound.Bootstrap with { Keep = 0 } } },
        { "training.data", "replay", Sound with { TrainingData = TrainingData.Replay, Bootstrap = Sound.Bootstrap with { Keep = 0 } } },
        { "training.replay-share", "1", Sound with { TrainingData = TrainingData.Replay, ReplayShare = 1 } },
        { "training.replay-share", "0.5", Sound with { ReplayShare = 0.5 } },
        { "training.data", "7", Sound with { TrainingData = (TrainingData)7 } },
        { "bootstrap.samples", "1", Sound with { Bootstrap = Sound.Bootstrap with { Samples = 1 } } },
        { "bootstrap.samples", "65", Sound with { Bootstrap = Sound.Bootstrap with { Samples = 65 } } },
        { "bootstrap.calibration", "none", Sound with { Bootstrap = Sound.Bootstrap with { Calibration = new CalibrationOptions("none", 0.5, 1) } } },
        { "bootstrap.calibration-fraction", "0", Sound with { Bootstrap = Sound.Bootstrap with { Calibration = new CalibrationOptions("lowess", 0, 1) } } },
        { "bootstrap.calibration-fraction", "1.5", Sound with { Bootstrap = Sound.Bootstrap with { Calibration = new CalibrationOptions("dice", 1.5, 1) } } },
        { "bootstrap.calibration-weight", "NaN", Sound with { Bootstrap = Sound.Bootstrap with { Calibration = new CalibrationOptions("lowess", 0.5, double.NaN) } } },
        { "policies.init", "7", Sound with { Policies = Sound.Policies with { Init = (PolicyChoice)7 } } },
        { "policies.train-reference", "7", Sound with { Policies = Sound.Policies with { TrainReference = (PolicyChoice)7 } } },
        { "policies.score-reference", "7", Sound with { Policies = Sound.Policies with { ScoreReference = (PolicyChoice)7 } } },
        { "policies.reference-sync-steps", "-1", Sound with { Policies = Sound.Policies with { Sync = new ReferenceSyncOptions(-1, 0.6) } } },
        { "policies.reference-mix", "0", Sound with { Policies = Sound.Policies with { Sync = new ReferenceSyncOptions(8, 0) } } },
        { "policies.reference-mix", "1.5", Sound with { Policies = Sound.Policies with { Sync = new ReferenceSyncOptions(8, 1.5) } } },
        {
            "policies.reference-sync-steps", "8",
            Sound with { Policies = Sound.Policies with { Sync = new ReferenceSyncOptions(8, 0.6) }, Loss = Sound.Loss with { Name = "simpo" } }
        },
        { "sampling.temperature", "5.5", Sound with { Sampling = Sound.Sampling with { Temperature = 5.5 } } },
        { "sampling.top-p", "0", Sound with { Sampling = Sound.Sampling with { TopP = 0 } } },
        { "sampling.top-k", "-1", Sound with { Sampling = Sound.Sampling with { TopK = -1 } } },
        { "sampling.max-new-tokens", "0", Sound with { Sampling = Sound.Sampling with { MaxNewTokens = 0 } } },
        { "sampling.stop-strings", "[\"\"]", Sound with { Sampling = Sound.Sampling with { StopStrings = ["end", ""] } } },
        { "sampling.stop-tokens", "-3", Sound with { Sampling = Sound.Sampling with { StopTokens = [2, -3] } } },
        { "training.epochs", "0", Sound with { Training = Sound.Training with { Epochs = 0 } } },
        { "training.learning-rate", "0", Sound with { Training = Sound.Training with { LearningRate = 0 } } },
        { "training.warmup", "2", Sound with { Training = Sound.Training with { WarmupFraction = 2 } } },
        { "training.weight-decay", "-1", Sound with { Training = Sound.Training with { WeightDecay = -1 } } },
        { "training.clip-norm", "0", Sound with { Training = Sound.Training with { ClipNorm = 0 } } },
        { "training.pairs-per-step", "0", Sound with { Training = Sound.Training with { PairsPerStep = 0 } } },
        { "training.micro-batch-tokens", "0", Sound with { Training = Sound.Training with { MicroBatchTokens = 0 } } },
        { "training.checkpoint-every", "0", Sound with { Training = Sound.Training with { CheckpointEvery = 0 } } },
        { "lora.rank", "0", Sound with { Training = Sound.Training with { Lora = new LoraOptions(0, 32, ["q_proj"]) } } },
        { "lora.alpha", "-1", Sound with { Training = Sound.Training with { Lora = new LoraOptions(8, -1, ["q_proj"]) } } },
        { "lora.targets", "no projection", Sound with { Training = Sound.Training with { Lora = new LoraOptions(8, 16, []) } } },
        { "lora.targets", "an empty name", Sound with { Training = Sound.Training with { Lora = new LoraOptions(8, 16, [" "]) } } },
        { "evaluation.max-new-tokens", "0", Sound with { Evaluation = Sound.Evaluation with { MaxNewTokens = 0 } } },
        { "evaluation.shown", "-1", Sound with { Evaluation = Sound.Evaluation with { Shown = -1 } } },
        { "shards.score-pairs", "0", Sound with { Shards = Sound.Shards with { ScorePairs = 0 } } },
        { "shards.generate-prompts", "0", Sound with { Shards = Sound.Shards with { GeneratePrompts = 0 } } },
        { "shards.score-batch-tokens", "0", Sound with { Shards = Sound.Shards with { ScoreBatchTokens = 0 } } },
        { "shards.generate-batch", "0", Sound with { Shards = Sound.Shards with { GenerateBatch = 0 } } },
    };

    [Fact]
    public void The_defaults_are_sound_and_so_is_full_fine_tuning()
    {
        Assert.Empty(RunOptionsRules.Check(Sound));
        Assert.Empty(RunOptionsRules.Check(Sound with { Training = Sound.Training with { Lora = null } }));
        Assert.All(RewardCalibrations.All, c => Assert.Empty(RunOptionsRules.Check(
            Sound with { Bootstrap = Sound.Bootstrap with { Calibration = new CalibrationOptions(c.Name, 1, 0) } })));
        Assert.Empty(RunOptionsRules.Check(Sound with { Bootstrap = Sound.Bootstrap with { Keep = 0 }, Selection = new SelectionOptions(1, 1) }));
    }

    [Fact]
    public void Every_rule_and_every_choice_of_data_is_sound_and_so_is_what_a_switched_off_part_does_not_read()
    {
        foreach (var rule in SelectionRules.All)
        {
            var selection = Sound.Selection with { Rule = rule.Name, Threshold = rule.ByThreshold ? -0.5 : null };
            Assert.Empty(RunOptionsRules.Check(Sound with { Selection = selection }));
        }
        var off = Sound.Bootstrap with { Keep = 0 };
        foreach (var rule in PairRules.All)
        {
            Assert.Empty(RunOptionsRules.Check(Sound with { Bootstrap = Sound.Bootstrap with { PairRule = rule.Name } }));
            Assert.Empty(RunOptionsRules.Check(Sound with { Bootstrap = off with { PairRule = rule.Name } }));
        }
        Assert.Empty(RunOptionsRules.Check(Sound with { TrainingData = TrainingData.Offline, Bootstrap = off }));
        Assert.Empty(RunOptionsRules.Check(Sound with { TrainingData = TrainingData.OnPolicy, Bootstrap = off with { KeepPairs = 5 } }));
    }

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void An_option_out_of_range_is_named_with_what_was_found(string key, string found, RunOptions options)
    {
        var problem = Assert.Single(RunOptionsRules.Check(options));
        Assert.Equal((key, found), (problem.Key, problem.Found));
        Assert.NotEmpty(problem.Expected);
    }

    [Fact]
    public void Every_problem_is_reported_at_once()
    {
        var options = Sound with { Rounds = 0, Loss = new LossOptions("nope", -1, 0), Selection = new SelectionOptions(2, 0) };
        Assert.Equal(["run.rounds", "loss.name", "loss.beta", "selection.keep"], RunOptionsRules.Check(options).Select(p => p.Key));
    }

    [Fact]
    public void Every_key_checked_stands_in_the_reference_file()
    {
        var reference = ReferenceKeys();
        Assert.All(OutOfRange.Select(row => (string)row[0]), key => Assert.Contains(key, reference));
    }

    // Sections stand two columns in and their keys four; the file is small enough to be read by its layout.
    private static HashSet<string> ReferenceKeys()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "hocon", "reference.conf")))
        {
            root = root.Parent ?? throw new DirectoryNotFoundException("no hocon/reference.conf above the tests");
        }
        var keys = new HashSet<string>();
        var section = "";
        foreach (var line in File.ReadLines(Path.Combine(root.FullName, "hocon", "reference.conf")))
        {
            if (line.StartsWith("  ", StringComparison.Ordinal) && line.TrimEnd().EndsWith('{'))
            {
                section = line.Trim(' ', '{');
            }
            else if (line.StartsWith("    ", StringComparison.Ordinal) && line.Contains('='))
            {
                keys.Add($"{section}.{line[..line.IndexOf('=')].Trim()}");
            }
        }
        return keys;
    }
}
