using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>What came of a work order: exactly one of the results below is set, the one for the order's kind.</summary>
public sealed record WorkResult(
    string WorkId,
    Effort Effort,
    GeneratedRollouts? Generated = null,
    ScoredRows? Scored = null,
    SelectedPairs? Selected = null,
    BootstrappedPairs? Bootstrapped = null,
    TrainedSegment? Trained = null,
    MeasuredPolicy? Evaluated = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] GradientResult? Gradient = null);

/// <summary>What a result cost. Not part of it: two workers that did the same order may differ here and nowhere else.</summary>
/// <param name="Seconds">From the begin of the order at the worker until its result was written.</param>
/// <param name="Tokens">Tokens processed, padding not counted; 0 where nothing was.</param>
/// <param name="Computed">Seconds of those in which the device computed; the rest is reading and writing. Not in journals before this was counted.</param>
public sealed record Effort(
    WorkKind Worker, double Seconds, long Tokens, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] double Computed = 0);

/// <param name="Rollouts">RolloutRow lines.</param>
public sealed record GeneratedRollouts(ArtifactRef Rollouts, int Prompts, int Responses, long Tokens, int Truncated);

/// <param name="Scores">ScoreRow lines.</param>
public sealed record ScoredRows(ArtifactRef Scores, int Rows);

/// <param name="Pairs">TrainingPairRow lines.</param>
/// <param name="Margins">MarginRow lines of every candidate.</param>
public sealed record SelectedPairs(ArtifactRef Pairs, ArtifactRef Margins, PairStatistics Statistics, NoiseAudit? Audit);

/// <inheritdoc cref="SelectedPairs"/>
/// <param name="Prompts">Prompts asked.</param>
/// <param name="Calibration">What was taken out of the rewards; null where the options name no calibration.</param>
public sealed record BootstrappedPairs(
    ArtifactRef Pairs, ArtifactRef Margins, int Prompts, int Responses, PairStatistics Statistics,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CalibrationReport? Calibration = null);

/// <summary>Candidates of one source of pairs and what became of them.</summary>
/// <param name="Filtered">How many were left out, and why.</param>
/// <param name="RewardAccuracy">Share of all candidates whose margin is above zero; null in round 1, where there is no margin.</param>
/// <param name="MarginMean">Mean ensemble margin of the kept pairs, reward units.</param>
/// <param name="MarginQuantiles">Of the kept pairs.</param>
/// <param name="ChosenLength">Mean tokens of the kept pairs.</param>
/// <param name="RejectedLength">Mean tokens of the kept pairs.</param>
/// <param name="Consistency">Mean consistency of the kept pairs' rankings; null where the loss does not ask for it.</param>
/// <param name="Augmented">Reward-augmented pairs made of those kept, which are trained on beside them and counted nowhere else.</param>
public sealed record PairStatistics(
    int Candidates, int Kept, ImmutableSortedDictionary<string, int> Filtered, double? RewardAccuracy, double? MarginMean,
    MarginQuantiles? MarginQuantiles, double ChosenLength, double RejectedLength,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Consistency = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Augmented = 0)
{
    /// <summary>Pairs to train on.</summary>
    [JsonIgnore]
    public int Trained => Kept + Augmented;
}

/// <summary>Share of pairs that the data itself marks as flipped, before and after selection. For judging only.</summary>
public sealed record NoiseAudit(double FlippedInData, double FlippedKept);

/// <param name="Checkpoint">State at the end of the segment; null when the round is trained.</param>
/// <param name="PolicyArtifact">The trained policy at the end of the round; else null.</param>
/// <param name="Reference">The reference from there on, where the segment ends with an update of it; else null.</param>
/// <param name="Metrics">StepMetrics lines (see <see cref="Sera.Actors.Training.StepMetricsFile"/>).</param>
public sealed record TrainedSegment(
    ArtifactRef? Checkpoint, ArtifactRef? PolicyArtifact, PolicyRef? Policy, ArtifactRef Metrics, TrainingMeans Means,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] UpdatedReference? Reference = null);

/// <summary>Means over the optimizer steps of a segment.</summary>
/// <param name="Accuracy">Share of training pairs with a positive margin.</param>
public sealed record TrainingMeans(int Steps, double Loss, double Margin, double Accuracy, double ChosenReward, double RejectedReward, double GradNorm);

/// <param name="Answers">AnswerRow lines; null where no prompt was asked.</param>
/// <param name="Checked">Answers that a program could check.</param>
/// <param name="EvalAccuracy">Share of those that are right; null when none could be checked.</param>
/// <param name="HeldOutPairs">Pairs kept aside and scored with a finite margin.</param>
/// <param name="RewardAccuracy">Share of those that the policy ranks the right way, ties half; null when there are none.</param>
/// <param name="MarginMean">Mean margin of those, reward units.</param>
public sealed record MeasuredPolicy(
    ArtifactRef? Answers, int Checked, double? EvalAccuracy, int HeldOutPairs, double? RewardAccuracy, double? MarginMean);
