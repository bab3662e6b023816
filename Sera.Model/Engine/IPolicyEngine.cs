using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;

namespace Sera.Model.Engine;

/// <summary>
/// The compute of one device, as the actors see it: plain types only, no tensor crosses. One engine belongs to one thread at a time;
/// several engines of a process share loaded weights read-only. Work is opened, advanced one quantum a call, and disposed.
/// </summary>
public interface IPolicyEngine : IDisposable
{
    /// <summary>Device, instruction set, dtype, threads and libtorch: what the last bits of a result depend on.</summary>
    string Fingerprint { get; }

    /// <summary>Summed log-probabilities (natural log, fp32 log-softmax) of each response given its prompt.</summary>
    /// <returns>One entry a group, in the order given.</returns>
    IQuantumWork<ImmutableArray<GroupLogps>> OpenScoring(
        PolicyRef policy, ImmutableArray<TokenGroup> groups, int batchTokens, ScoreDetails details = ScoreDetails.None);

    /// <summary>Responses drawn from the policy; sample k of prompt p depends only on the policy, the options, the layout and its seed.</summary>
    IQuantumWork<ImmutableArray<PromptRollouts>> OpenGeneration(PolicyRef policy, GenerationRequest request);

    /// <summary>Optimizer steps FromStep..ToStep of one round.</summary>
    IQuantumWork<TrainingResult> OpenTraining(TrainingSegment segment);

    /// <summary>The same steps to the same bits, with the gradients of their micro-batches computed by others.</summary>
    IDistributedTraining OpenDistributedTraining(TrainingSegment segment);

    /// <summary>Gradient of one micro-batch of an optimizer step.</summary>
    IQuantumWork<GradientResult> OpenGradient(GradientRequest request);
}

/// <summary>A piece of compute that yields between quanta (one micro-batch, one burst of decoded tokens, one optimizer step).</summary>
public interface IQuantumWork<out TResult> : IDisposable
{
    /// <summary>Does one quantum; false when nothing is left. Never call from two threads at once.</summary>
    bool Advance();

    WorkProgress Progress { get; }

    /// <summary>The result; only after <see cref="Advance"/> returned false.</summary>
    TResult Result { get; }
}

/// <param name="Done">Units finished (pairs, responses, steps).</param>
/// <param name="Total">Units in all.</param>
/// <param name="Tokens">Tokens processed so far, padding not counted.</param>
public readonly record struct WorkProgress(long Done, long Total, long Tokens);

/// <summary>
/// A policy named by content: the digest of its base folder (config, tokenizer, weights; see PolicyFolder.Digest), and what was trained on top:
/// full weights or an adapter artifact, or neither for the base itself.
/// </summary>
public sealed record PolicyRef(string Base, string? Weights = null, string? Adapter = null)
{
    /// <summary>One name for all of it, for logs and work ids.</summary>
    public string Digest => Weights ?? Adapter ?? Base;
}

/// <summary>A prompt and the responses to score, as token ids; the prompt is computed once for all its responses.</summary>
public sealed record TokenGroup(string Id, ImmutableArray<int> Prompt, ImmutableArray<ImmutableArray<int>> Responses);

/// <summary>What scoring says beside summed log-probabilities.</summary>
[Flags]
public enum ScoreDetails
{
    None = 0,

    /// <summary>The log-probability of every response token.</summary>
    Tokens = 1,

    /// <summary>The mean of the hidden states of each response.</summary>
    States = 2,

    /// <summary>The reward of each response, by a reward model in the place of the policy, and no log-probabilities.</summary>
    Rewards = 4,
}

/// <param name="Logps">Summed log-probability of each response, in the group's order.</param>
/// <param name="Tokens">Of every token of each response, where asked for.</param>
/// <param name="States">Mean hidden state of each response, where asked for.</param>
/// <param name="Rewards">Of each response, where asked for; then there are no log-probabilities.</param>
public sealed record GroupLogps(
    string Id, ImmutableArray<float> Logps, ImmutableArray<ImmutableArray<float>>? Tokens = null, ImmutableArray<ImmutableArray<float>>? States = null,
    ImmutableArray<float>? Rewards = null);

/// <param name="Seed">Seed of this piece of work; the engine derives one generator per (prompt id, sample index) from it.</param>
/// <param name="Batch">Sequences decoded together.</param>
public sealed record GenerationRequest(ImmutableArray<TokenPrompt> Prompts, int Samples, SamplingOptions Sampling, ulong Seed, int Batch);

/// <param name="Segment">What is drawn is this segment of a response, whose head the tokens end with; the rollout is the whole response. null = what is drawn is the response.</param>
public sealed record TokenPrompt(string Id, ImmutableArray<int> Tokens, ResampledSegment? Segment = null)
{
    /// <summary>The response that comes of what was drawn.</summary>
    /// <param name="truncated">Cut by the length limit before a stop token came.</param>
    public (ImmutableArray<int> Tokens, bool Truncated) Complete(ImmutableArray<int> drawn, bool truncated) => Segment?.Splice(drawn, truncated) ?? (drawn, truncated);
}

public sealed record PromptRollouts(string Id, ImmutableArray<Rollout> Rollouts);

/// <param name="Tokens">Response tokens, the ending stop token included when there is one.</param>
/// <param name="Text">Decoded without special tokens.</param>
/// <param name="Truncated">Cut by the length limit before a stop token came.</param>
public sealed record Rollout(ImmutableArray<int> Tokens, string Text, bool Truncated);

/// <summary>A pure function of its fields: the same segment gives the same bits on the same fingerprint.</summary>
/// <param name="Start">Policy at step 0 of the round.</param>
/// <param name="Pairs">Artifacts of TrainingPairRow lines, concatenated in this order.</param>
/// <param name="Checkpoint">State after FromStep steps; null at step 0.</param>
/// <param name="TotalSteps">Steps of the whole round; at ToStep == TotalSteps the trained policy is written.</param>
/// <param name="Sync">How the reference follows the policy; null = not at all.</param>
/// <param name="ReferenceScores">ScoreRow lines of all pairs, which take the place of the reference log-probabilities in the pairs; null = those count.</param>
public sealed record TrainingSegment(
    PolicyRef Start,
    ImmutableArray<ArtifactRef> Pairs,
    ArtifactRef? Checkpoint,
    TrainingOptions Training,
    LossOptions Loss,
    ulong Seed,
    int FromStep,
    int ToStep,
    int TotalSteps,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ReferenceSync? Sync = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<ArtifactRef>? ReferenceScores = null)
{
    /// <summary>Whether the reference is updated after the last step. Nobody would read an update at the end of a round.</summary>
    [JsonIgnore]
    public bool Syncs => Sync is { } sync && ToStep < TotalSteps && ToStep % sync.Steps == 0;
}

/// <param name="Steps">Optimizer steps from one update to the next.</param>
/// <param name="Mix">Share of the policy in the updated reference, (0, 1].</param>
/// <param name="Reference">As it is before the next update.</param>
public sealed record ReferenceSync(int Steps, double Mix, PolicyRef Reference);

/// <summary>A reference that was updated, and its file.</summary>
public sealed record UpdatedReference(ArtifactRef Artifact, PolicyRef Policy);

/// <param name="Checkpoint">Parameters, optimizer moments and step after ToStep; null at the end of the round.</param>
/// <param name="Policy">The trained policy at the end of the round; else null.</param>
/// <param name="Reference">Of a segment that ends with an update of the reference; else null.</param>
public sealed record TrainingResult(
    ArtifactRef? Checkpoint, ArtifactRef? PolicyArtifact, PolicyRef? Policy, ImmutableArray<StepMetrics> Steps, UpdatedReference? Reference = null);

/// <summary>Means over the pairs of one optimizer step.</summary>
/// <param name="Accuracy">Share of pairs whose implicit reward margin is positive.</param>
/// <param name="NonFinite">Ids of pairs whose loss was not finite; they added nothing to the gradient.</param>
public sealed record StepMetrics(
    int Step, double Loss, double ChosenReward, double RejectedReward, double Margin, double Accuracy, double ChosenLogps,
    double GradNorm, double LearningRate, ImmutableArray<string> NonFinite);
