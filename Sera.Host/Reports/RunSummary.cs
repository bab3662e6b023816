using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Sera.Model.Alignment;
using Sera.Model.Data;

namespace Sera.Host.Reports;

/// <summary>summary.json: what a run did and what came of it, readable by a program. What does not apply is absent, not null.</summary>
/// <param name="Fingerprint">Hardware, dtype, threads and libtorch the bits depend on.</param>
/// <param name="EvalKind">What evalAccuracy measures.</param>
/// <param name="HeldOutRewardAccuracy">On the pairs kept aside; absent when none were.</param>
/// <param name="Data">What the run was made from.</param>
/// <param name="Rounds">By round; 0 is the starting policy, with its digest and evalAccuracy only.</param>
/// <param name="FinalPolicySha256">Absent until the last round is trained.</param>
/// <param name="FinalPolicyPath">The folder of the aligned policy.</param>
internal sealed record RunSummary(
    string RunId,
    ulong Seed,
    string Fingerprint,
    EvalKind? EvalKind,
    BeforeAfter? HeldOutRewardAccuracy,
    DataCounts Data,
    ImmutableArray<RoundSummary> Rounds,
    string? FinalPolicySha256,
    string? FinalPolicyPath);

/// <summary>What evalAccuracy measures.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EvalKind>))]
internal enum EvalKind
{
    /// <summary>Share of greedy answers that a program checked as right.</summary>
    [JsonStringEnumMemberName("gold")]
    Gold,

    /// <summary>Share of held-out pairs that the implicit reward ranks as the data does; for runs without checkable prompts.</summary>
    [JsonStringEnumMemberName("heldOutReward")]
    HeldOutReward,
}

/// <param name="Before">Starting policy.</param>
/// <param name="After">Last round measured.</param>
internal sealed record BeforeAfter(double Before, double After);

/// <param name="TrainPairs">Offline pairs the run trains on.</param>
/// <param name="Prompts">Prompts asked for bootstrapping.</param>
/// <param name="Labels">What became of the labels of data.labels; absent where it names none.</param>
/// <param name="Dropped">Examples left out before the run, by reason.</param>
/// <param name="Cut">Pairs cut to the length limit, by what of them; absent where none was.</param>
internal sealed record DataCounts(
    int TrainPairs, int HeldOutPairs, int Prompts, int EvalPrompts, ImmutableSortedDictionary<string, int> Dropped, LabelCounts? Labels = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableSortedDictionary<string, int>? Cut = null);

/// <summary>One round. In round 0 everything but the first two and <paramref name="EvalAccuracy"/> is absent.</summary>
/// <param name="Generated">Responses generated for bootstrapping.</param>
/// <param name="Filtered">Candidate pairs left out, offline and bootstrapped together, by reason.</param>
/// <param name="TrainPairs">Offline and bootstrapped pairs trained on, and those made of them.</param>
/// <param name="TrainLoss">Mean over the steps.</param>
/// <param name="RewardAccuracy">Share of the training pairs with a positive margin, mean over the steps.</param>
/// <param name="MarginMean">Mean margin of the kept pairs when they were selected; absent in round 1, which selects by no margin.</param>
/// <param name="MarginQuantiles">Of the same margins.</param>
/// <param name="ChosenLength">Mean tokens over the kept pairs.</param>
/// <param name="RejectedLength">Mean tokens over the kept pairs.</param>
/// <param name="Audit">Where the data says which labels are flipped.</param>
/// <param name="Consistency">Mean over the kept pairs of how alike the last two policies rank a prompt's responses, 0 .. 1; where the loss asks for it.</param>
/// <param name="Calibration">Of the bootstrapped responses; absent where there was none.</param>
/// <param name="Augmented">Reward-augmented pairs among those trained on; absent where there are none.</param>
internal sealed record RoundSummary(
    int Round,
    string PolicySha256,
    int? OfflineScored = null,
    int? OfflineKept = null,
    int? Generated = null,
    int? BootstrappedKept = null,
    ImmutableSortedDictionary<string, int>? Filtered = null,
    int? TrainPairs = null,
    double? TrainLoss = null,
    double? RewardAccuracy = null,
    double? MarginMean = null,
    MarginQuantiles? MarginQuantiles = null,
    double? ChosenLength = null,
    double? RejectedLength = null,
    double? EvalAccuracy = null,
    FlippedAudit? Audit = null,
    PhaseSeconds? Seconds = null,
    double? Consistency = null,
    CalibrationReport? Calibration = null,
    int? Augmented = null);

/// <summary>Shares of offline pairs that the data marks as flipped. For judging only; nothing of the loop reads them.</summary>
/// <param name="FlippedInData">Of all offline pairs.</param>
/// <param name="FlippedKept">Of the offline pairs kept.</param>
internal sealed record FlippedAudit(double FlippedInData, double FlippedKept);

/// <summary>Work time by phase, summed over workers.</summary>
internal sealed record PhaseSeconds(double Score, double Generate, double Select, double Bootstrap, double Train, double Eval)
{
    [JsonIgnore]
    public double Total => Score + Generate + Select + Bootstrap + Train + Eval;
}
