using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Model.Engine;

/// <summary>
/// An engine that only waits as long as a device of a given speed would compute: for measuring coordination at a scale for which there are no
/// devices. Its results are digests of their inputs, so they are the same whoever makes them, and mean nothing. It is never the default, and its
/// fingerprint, which every summary shows, says what it is.
/// </summary>
/// <param name="tokensPerSecond">Of scoring; generation takes the same for each new token, training three times as long.</param>
public sealed class SimulatedPolicyEngine(ArtifactStore store, double tokensPerSecond) : IPolicyEngine
{
    /// <summary>What the fingerprints of such engines begin with.</summary>
    public const string Mark = "simulated";

    private static readonly TimeSpan Quantum = TimeSpan.FromMilliseconds(200);

    public string Fingerprint => NameOf(tokensPerSecond);

    /// <summary>Whether a fingerprint is one of such an engine.</summary>
    public static bool Is(string fingerprint) => fingerprint.StartsWith(Mark, StringComparison.Ordinal);

    public static string NameOf(double tokensPerSecond) => string.Create(CultureInfo.InvariantCulture, $"{Mark} {tokensPerSecond} tokens/s");

    public IQuantumWork<ImmutableArray<GroupLogps>> OpenScoring(
        PolicyRef policy, ImmutableArray<TokenGroup> groups, int batchTokens, ScoreDetails details = ScoreDetails.None) => new Wait<ImmutableArray<GroupLogps>>(
        groups.Sum(g => g.Prompt.Length + (long)g.Responses.Sum(r => r.Length)), tokensPerSecond, groups.Length,
        () => [.. groups.Select(g => Score(policy, g, details))]);

    public IQuantumWork<ImmutableArray<PromptRollouts>> OpenGeneration(PolicyRef policy, GenerationRequest request) => new Wait<ImmutableArray<PromptRollouts>>(
        (long)request.Prompts.Length * request.Samples * request.Sampling.MaxNewTokens, tokensPerSecond, request.Prompts.Length * request.Samples,
        () => [.. request.Prompts.Select(p => new PromptRollouts(p.Id, [.. Enumerable.Range(0, request.Samples).Select(k => Respond(policy, request, p, k))]))]);

    public IQuantumWork<TrainingResult> OpenTraining(TrainingSegment segment)
    {
        var pairs = segment.Pairs.SelectMany(p => RowFile.Read(store.Read(p), RowJson.Default.TrainingPairRow)).ToList();
        var share = (double)(segment.ToStep - segment.FromStep) / segment.TotalSteps * segment.Training.Epochs;
        var tokens = pairs.Sum(p => p.PromptTokens.Length + (long)p.ChosenTokens.Length + p.RejectedTokens.Length + (p.Explored?.Tokens.Length ?? 0));
        return new Wait<TrainingResult>((long)(tokens * share * 3), tokensPerSecond, segment.ToStep - segment.FromStep, () => Train(segment, pairs));
    }

    /// <exception cref="NotSupportedException">There is no gradient to spread.</exception>
    public IDistributedTraining OpenDistributedTraining(TrainingSegment segment) => throw NoGradient();

    /// <inheritdoc cref="OpenDistributedTraining"/>
    public IQuantumWork<GradientResult> OpenGradient(GradientRequest request) => throw NoGradient();

    public void Dispose()
    {
    }

    private static GroupLogps Score(PolicyRef policy, TokenGroup group, ScoreDetails details)
    {
        float[] means = [.. group.Responses.Select(r => (float)(-4 * Unit($"{policy.Digest} {group.Id} {string.Join(',', r)}")))];
        if (details.HasFlag(ScoreDetails.Rewards)) return new GroupLogps(group.Id, [], Rewards: [.. means]);
        return new GroupLogps(
            group.Id, [.. means.Zip(group.Responses, (mean, r) => mean * r.Length)],
            details.HasFlag(ScoreDetails.Tokens) ? [.. means.Zip(group.Responses, (mean, r) => ImmutableArray.CreateRange(Enumerable.Repeat(mean, r.Length)))] : null,
            details.HasFlag(ScoreDetails.States) ? [.. means.Select(mean => ImmutableArray.Create(1, mean))] : null);
    }

    private static NotSupportedException NoGradient() => new("a simulated engine has no gradients; set training.distribute = false");

    private static Rollout Respond(PolicyRef policy, GenerationRequest request, TokenPrompt prompt, int sample)
    {
        var first = 3 + (int)(100 * Unit($"{policy.Digest} {prompt.Id} {request.Seed} {sample}"));
        var (tokens, truncated) = prompt.Complete([.. Enumerable.Repeat(first, Math.Max(1, request.Sampling.MaxNewTokens - 1)), 2], false);
        return new Rollout(tokens, $"{Mark} {first}", truncated);
    }

    private TrainingResult Train(TrainingSegment segment, List<TrainingPairRow> pairs)
    {
        var before = segment.Checkpoint is { } checkpoint ? Encoding.UTF8.GetString(store.Read(checkpoint)) : segment.Start.Digest;
        var state = Sha256.Of($"{Mark} {before} {segment.Seed} {segment.ToStep} {string.Join(' ', pairs.Select(p => p.Id))}");
        var steps = Enumerable.Range(segment.FromStep, segment.ToStep - segment.FromStep)
            .Select(step => new StepMetrics(step, Math.Log(2), 0, 0, 0, 0.5, -1, 0, 0, [])).ToImmutableArray();
        var ended = segment.ToStep == segment.TotalSteps;
        var artifact = store.Write(ended ? "adapter" : ArtifactRef.CheckpointKind, Encoding.UTF8.GetBytes(state));
        return ended
            ? new TrainingResult(null, artifact, new PolicyRef(segment.Start.Base, Adapter: artifact.Sha256), steps)
            : new TrainingResult(artifact, null, null, steps, segment.Syncs ? Update(segment, state) : null);
    }

    private UpdatedReference Update(TrainingSegment segment, string state)
    {
        var artifact = store.Write("weights", Encoding.UTF8.GetBytes($"{segment.Sync!.Reference.Digest} {segment.Sync.Mix} {state}"));
        return new UpdatedReference(artifact, new PolicyRef(segment.Start.Base, Weights: artifact.Sha256));
    }

    /// <summary>In [0, 1), by digest.</summary>
    private static double Unit(string text) => Convert.ToUInt32(Sha256.Of(text)[..8], 16) / 4294967296.0;

    private sealed class Wait<TResult>(long tokens, double tokensPerSecond, int units, Func<TResult> result) : IQuantumWork<TResult>
    {
        private readonly TimeSpan _whole = TimeSpan.FromSeconds(tokens / tokensPerSecond);
        private TimeSpan _waited;

        public WorkProgress Progress
        {
            get
            {
                var share = _waited < _whole ? _waited / _whole : 1;
                return new((long)(units * share), units, (long)(tokens * share));
            }
        }

        public TResult Result => result();

        public bool Advance()
        {
            var next = _whole - _waited < Quantum ? _whole - _waited : Quantum;
            var begun = Stopwatch.GetTimestamp();
            Thread.Sleep((int)Math.Ceiling(next.TotalMilliseconds));
            // A device computes on while the system is late to wake the thread that waits for it.
            _waited += Stopwatch.GetElapsedTime(begun);
            return _waited < _whole;
        }

        public void Dispose()
        {
        }
    }
}
