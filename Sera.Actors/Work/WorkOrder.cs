using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>
/// A piece of work to be done: exactly one of the orders below is set, the one <see cref="Kind"/> names. A closed set without polymorphism on
/// the wire.
/// </summary>
/// <param name="WorkId">SHA-256 of kind and inputs (see <see cref="WorkIds"/>); whoever does it, and for whichever run, gets the same result.</param>
/// <param name="RunId">First run that asked; for progress only.</param>
/// <param name="Round">Round it was first asked in; for progress only.</param>
/// <param name="Units">What progress counts: prompts, pairs or steps.</param>
/// <param name="Engine">
/// The only engines that take it; its id is apart from that of the same order for others. Never set on what needs no engine.
/// </param>
public sealed record WorkOrder(
    string WorkId,
    WorkKind Kind,
    string RunId,
    int Round,
    int Units,
    GenerateOrder? Generate = null,
    ScoreOrder? Score = null,
    SelectOrder? Select = null,
    BootstrapOrder? Bootstrap = null,
    TrainOrder? Train = null,
    EvaluateOrder? Evaluate = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] GradientOrder? Gradient = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] EngineKind Engine = EngineKind.F32);

/// <summary>Responses to the prompts From..To (exclusive) of a prompts or evaluation artifact.</summary>
/// <param name="Batch">Sequences decoded together; part of the batch layout, so of the last bits.</param>
/// <param name="Resample">
/// The rows are pairs, and what is generated is a segment of the chosen response, MaxNewTokens long at most; responses are chosen as it was, and as it is then.
/// </param>
public sealed record GenerateOrder(
    PolicyRef Policy, ArtifactRef Prompts, int From, int To, int Samples, SamplingOptions Sampling, ulong Seed, int Batch,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Resample = false);

/// <summary>Summed log-probabilities of the responses of rows From..To (exclusive) under one policy.</summary>
/// <param name="Reads">What is asked beside them; null = nothing.</param>
public sealed record ScoreOrder(
    PolicyRef Policy, ArtifactRef Rows, ScoredRowKind Shape, int From, int To, int BatchTokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ScoreReads? Reads = null);

/// <summary>Scores artifacts from which one margin is computed.</summary>
/// <param name="Policy">Of the policy, or of a reward model.</param>
/// <param name="Reference">Empty where the loss is free of a reference, and of a reward model.</param>
/// <param name="Explicit">They hold rewards of a reward model.</param>
public sealed record MarginScores(
    ImmutableArray<ArtifactRef> Policy, ImmutableArray<ArtifactRef> Reference,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Explicit = false);

/// <summary>Margin-based selection on the offline pairs.</summary>
/// <param name="Current">Scores for m_(t-1); null in round 1, where all pairs are kept.</param>
/// <param name="Previous">Scores for m_(t-2), or null.</param>
/// <param name="TrainReference">Scores of the training reference, joined to the kept pairs by id; empty where the loss is free of one.</param>
/// <param name="Seed">Of a rule that draws; 0 and not written where none does, so that the work of such runs does not depend on their seed.</param>
/// <param name="Refinement">Scores under the augmented prompt, of pi_(t-1) and of the training reference; null where the loss reads none, and in round 1.</param>
/// <param name="Replay">The pairs are drawn, not selected; null and not written elsewhere.</param>
/// <param name="States">Scores with the mean hidden states of the responses under the starting policy; null where the loss does not compare them.</param>
/// <param name="ScorePrefixes">What asks for each score, of reward-augmented pairs; null, and not written, = there are none.</param>
public sealed record SelectOrder(
    ArtifactRef Pairs, SelectionOptions Selection, LossOptions Loss, MarginScores? Current, MarginScores? Previous,
    ImmutableArray<ArtifactRef> TrainReference,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ulong Seed = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MarginScores? Refinement = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ReplayDraw? Replay = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<ArtifactRef>? States = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ArtifactRef? ScorePrefixes = null);

/// <summary>Offline pairs beside the bootstrapped ones of a round.</summary>
/// <param name="Bootstrapped">TrainingPairRow lines.</param>
/// <param name="Share">Of the offline pairs in all, (0, 1).</param>
public sealed record ReplayDraw(ArtifactRef Bootstrapped, double Share);

/// <summary>One response to each prompt that a loss reads beside the pair.</summary>
/// <param name="Rollouts">RolloutRow lines of one response each.</param>
/// <param name="Reference">Their scores under the training reference; empty where the loss does not read them.</param>
public sealed record ExploredRollouts(ImmutableArray<ArtifactRef> Rollouts, ImmutableArray<ArtifactRef> Reference);

/// <summary>Preference pairs from the policy's own responses.</summary>
/// <inheritdoc cref="SelectOrder"/>
/// <param name="Explored">null where the loss explores nothing.</param>
public sealed record BootstrapOrder(
    ImmutableArray<ArtifactRef> Rollouts, BootstrapOptions Bootstrap, double Ensemble, LossOptions Loss, MarginScores Current,
    MarginScores? Previous, ImmutableArray<ArtifactRef> TrainReference,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ulong Seed = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] MarginScores? Refinement = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ExploredRollouts? Explored = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<ArtifactRef>? States = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ArtifactRef? ScorePrefixes = null);

/// <summary>One segment of a round's optimizer steps, from checkpoint to checkpoint.</summary>
public sealed record TrainOrder(TrainingSegment Segment)
{
    /// <summary>The first segment of a round.</summary>
    /// <param name="sync">null where the reference does not follow the policy.</param>
    public static TrainOrder First(
        PolicyRef start, ImmutableArray<ArtifactRef> pairs, TrainingOptions training, LossOptions loss, ulong seed, int totalSteps, ReferenceSync? sync = null) => new(
        new TrainingSegment(start, pairs, null, training, loss, seed, 0, End(0, totalSteps, training, sync), totalSteps, sync));

    /// <summary>The segment that goes on from the end of this one.</summary>
    /// <param name="reference">The reference as it is from there on; null = as it was. Scores under it are not in the order yet (<see cref="Under"/>).</param>
    public TrainOrder After(ArtifactRef checkpoint, PolicyRef? reference = null) => new(Segment with
    {
        Checkpoint = checkpoint,
        FromStep = Segment.ToStep,
        ToStep = End(Segment.ToStep, Segment.TotalSteps, Segment.Training, Segment.Sync),
        Sync = reference is null ? Segment.Sync : Segment.Sync! with { Reference = reference },
    });

    /// <summary>The segment with these scores in place of the reference log-probabilities in its pairs.</summary>
    public TrainOrder Under(ImmutableArray<ArtifactRef> referenceScores) => new(Segment with { ReferenceScores = referenceScores });

    /// <summary>A segment ends at its checkpoint, at an update of the reference or with the round, whichever comes first.</summary>
    private static int End(int from, int total, TrainingOptions training, ReferenceSync? sync) =>
        Math.Min(Math.Min(total, from + training.CheckpointEvery), sync is null ? total : (from / sync.Steps + 1) * sync.Steps);
}

/// <summary>How good a policy is, by answers and by reward accuracy on pairs kept aside. Nothing of it flows back into the loop.</summary>
/// <param name="Rollouts">One greedy answer a prompt.</param>
/// <param name="Evaluation">EvalRow lines that check the answers; null where nothing can.</param>
/// <param name="HeldOut">PairRow lines; null where none are kept aside.</param>
/// <param name="Scores">Of the held-out pairs; null exactly when <paramref name="HeldOut"/> is.</param>
public sealed record EvaluateOrder(
    ImmutableArray<ArtifactRef> Rollouts, ArtifactRef? Evaluation, ArtifactRef? HeldOut, MarginScores? Scores, LossOptions Loss);

/// <summary>The gradient of one micro-batch of an optimizer step. A trainer asks for it, not a run, and nothing of it outlives the step.</summary>
public sealed record GradientOrder(GradientRequest Request);
