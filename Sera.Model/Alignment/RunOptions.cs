using System.Text.Json.Serialization;

namespace Sera.Model.Alignment;

/// <summary>
/// Everything that decides the result of a run, resolved and validated; two runs with equal options and equal inputs end in the same
/// bits. Recorded whole in the first event of a run. What does not change the result (folders, worker counts) is not here.
/// </summary>
/// <param name="TrainingData">What a round from 2 on trains on. Written where it is not the union.</param>
/// <param name="ReplayShare">With replay: the share of the offline pairs, (0, 1); null = <see cref="DefaultReplayShare"/>.</param>
/// <param name="Reward">What selects and bootstraps. Written where it is not the implicit reward.</param>
/// <param name="RewardPrefix">Text before a prompt that asks for a response of a score, with <see cref="RewardScores.Slot"/>; null, and not written, = no reward-augmented pairs.</param>
public sealed record RunOptions(
    ulong Seed,
    int Rounds,
    LossOptions Loss,
    SelectionOptions Selection,
    BootstrapOptions Bootstrap,
    RoundPolicyOptions Policies,
    SamplingOptions Sampling,
    TrainingOptions Training,
    EvaluationOptions Evaluation,
    ShardOptions Shards,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] TrainingData TrainingData = TrainingData.Union,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ReplayShare = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] RewardSource Reward = RewardSource.Implicit,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RewardPrefix = null)
{
    /// <summary>DICE's gamma.</summary>
    public const double DefaultReplayShare = 0.5;
}

/// <summary>Margin-based selection on the offline pairs (SeRA section 3, arXiv 2410.09362).</summary>
/// <param name="Keep">K as a fraction of the offline pairs, in (0, 1].</param>
/// <param name="Ensemble">g in m_ens = (1-g) m_(t-1) + g m_(t-2), in [0, 1].</param>
/// <param name="KeepPairs">K as a count, in place of <paramref name="Keep"/>; 0 = by share. This and what follows is written where it is set.</param>
/// <param name="Rule">Name of the rule (<see cref="SelectionRules"/>); null = top.</param>
/// <param name="Threshold">Least margin kept, reward units; with the rule threshold and with no other.</param>
public sealed record SelectionOptions(
    double Keep,
    double Ensemble,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int KeepPairs = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string? Rule = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] double? Threshold = null);

/// <summary>Preference bootstrapping from the policy's own responses.</summary>
/// <param name="Keep">K~ as a fraction of the prompts asked, in [0, 1]; 0 turns bootstrapping off.</param>
/// <param name="Samples">N, responses per prompt, 2..64.</param>
/// <param name="KeepTruncated">Whether a response cut by the length limit may enter a pair.</param>
/// <param name="KeepPairs">K~ as a count, in place of <paramref name="Keep"/>; 0 = by share. This and what follows is written where it is set.</param>
/// <param name="PairRule">Name of the rule (<see cref="PairRules"/>); null = best-worst.</param>
/// <param name="Calibration">How length is taken out of the rewards; null = not at all. Written where it is set.</param>
/// <param name="Segments">Pairs are made of the offline ones' chosen responses, with a segment drawn anew; null = of whole responses to the prompts. Written where it is set.</param>
public sealed record BootstrapOptions(
    double Keep,
    int Samples,
    bool KeepTruncated,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int KeepPairs = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string? PairRule = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] CalibrationOptions? Calibration = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] SegmentOptions? Segments = null)
{
    /// <summary>Whether any pair may be kept.</summary>
    [JsonIgnore]
    public bool IsOn => Keep > 0 || KeepPairs > 0;
}

/// <summary>Which policy a round starts from and which reference it trains and scores against; "sft" is the starting policy.</summary>
/// <param name="Sync">How the reference of the loss follows the policy within a round; null = not at all. Written where it is set.</param>
public sealed record RoundPolicyOptions(
    PolicyChoice Init,
    PolicyChoice TrainReference,
    PolicyChoice ScoreReference,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ReferenceSyncOptions? Sync = null);

/// <summary>The starting policy of the run, or the policy of the round before.</summary>
public enum PolicyChoice
{
    Sft,
    Previous,
}

/// <summary>How responses are drawn. Temperature 0 is greedy decoding.</summary>
/// <param name="TopK">0 = off.</param>
/// <param name="TopP">1 = off.</param>
/// <param name="StopTokens">Ids that end a response beside the policy's own end-of-sequence ids.</param>
/// <param name="StopStrings">
/// Strings that end a response; the tokens that complete one stay in it, its text ends before it. null = none. Written where there are some, so that the
/// options of others read and are named as before.
/// </param>
public sealed record SamplingOptions(
    double Temperature,
    double TopP,
    int TopK,
    int MaxNewTokens,
    IReadOnlyList<int> StopTokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] IReadOnlyList<string>? StopStrings = null);

/// <summary>Training of one round.</summary>
/// <param name="Lora">null = full fine-tuning.</param>
/// <param name="PairsPerStep">Pairs per optimizer step; the loss is normalised by this global count.</param>
/// <param name="MicroBatchTokens">Token budget of one forward and backward; changes memory and speed, the gradient only by rounding.</param>
/// <param name="WarmupFraction">Share of the steps with a linearly rising learning rate, then cosine to zero.</param>
/// <param name="CheckpointEvery">Optimizer steps between durable checkpoints.</param>
/// <param name="Distribute">
/// Micro-batches of a step are spread over all train workers; never changes the result. Written where it is set, so that the options of
/// others read and are named as before.
/// </param>
/// <param name="Recompute">Activations are computed again on the way back instead of kept: less memory, about a third more time; never changes the result. Written where it is set.</param>
public sealed record TrainingOptions(
    LoraOptions? Lora,
    int Epochs,
    double LearningRate,
    double WarmupFraction,
    double WeightDecay,
    double ClipNorm,
    int PairsPerStep,
    int MicroBatchTokens,
    int CheckpointEvery,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Distribute = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Recompute = false);

/// <summary>Low-rank adapters (arXiv 2106.09685) on the named projections.</summary>
/// <param name="RankStabilized">Whether the scale is alpha / sqrt(rank) instead (rsLoRA, arXiv 2312.03732).</param>
public sealed record LoraOptions(
    int Rank, double Alpha, IReadOnlyList<string> Targets, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool RankStabilized = false)
{
    /// <summary>Stands for every projection of the policy, as in PEFT.</summary>
    public const string AllLinear = "all-linear";

    /// <summary>What B A is multiplied by.</summary>
    [JsonIgnore]
    public double Scale => RankStabilized ? Alpha / Math.Sqrt(Rank) : Alpha / Rank;
}

/// <summary>Measurement after each round; nothing of it flows back into the loop.</summary>
/// <param name="MaxNewTokens">Length limit of the greedy answers to the evaluation prompts.</param>
/// <param name="Shown">How many evaluation prompts the report shows answered by every round.</param>
public sealed record EvaluationOptions(int MaxNewTokens, int Shown);

/// <summary>Sizes of the pieces of work; they decide batch layouts and so the last bits of the result.</summary>
public sealed record ShardOptions(int ScorePairs, int GeneratePrompts, int ScoreBatchTokens, int GenerateBatch);
