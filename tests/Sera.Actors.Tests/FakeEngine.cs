using System.Collections.Immutable;
using System.Globalization;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Tests;

/// <summary>
/// An engine without tensors: every number is a digest of what it is a function of, so that anything that changes an input changes the result. It
/// works in quanta of one unit and writes real artifacts.
/// </summary>
internal sealed class FakeEngine(ArtifactStore store, Action<string>? onQuantum = null) : IPolicyEngine
{
    private readonly Action<string>? _onQuantum = onQuantum;
    private readonly int _thread = Environment.CurrentManagedThreadId;

    public string Fingerprint => "fake";

    public IQuantumWork<ImmutableArray<GroupLogps>> OpenScoring(
        PolicyRef policy, ImmutableArray<TokenGroup> groups, int batchTokens, ScoreDetails details = ScoreDetails.None) =>
        new Quanta<GroupLogps, ImmutableArray<GroupLogps>>(this, "score", groups.Length, i => details.HasFlag(ScoreDetails.Rewards)
            ? new GroupLogps(groups[i].Id, [], Rewards: [.. groups[i].Responses.Select(r => Logp(policy, groups[i].Prompt, r))])
            : new GroupLogps(
            groups[i].Id, [.. groups[i].Responses.Select(r => Logp(policy, groups[i].Prompt, r))],
            details.HasFlag(ScoreDetails.Tokens) ? [.. groups[i].Responses.Select(r => ByToken(policy, groups[i].Prompt, r))] : null,
            details.HasFlag(ScoreDetails.States) ? [.. groups[i].Responses.Select(r => ImmutableArray.Create(1, Logp(policy, groups[i].Prompt, r)))] : null), r => [.. r]);

    public IQuantumWork<ImmutableArray<PromptRollouts>> OpenGeneration(PolicyRef policy, GenerationRequest request) =>
        new Quanta<PromptRollouts, ImmutableArray<PromptRollouts>>(this, "generate", request.Prompts.Length, i => new PromptRollouts(
            request.Prompts[i].Id,
            [.. Enumerable.Range(0, request.Samples).Select(k => Respond(policy, request, request.Prompts[i], k))]), r => [.. r]);

    public IQuantumWork<TrainingResult> OpenTraining(TrainingSegment segment)
    {
        var training = new FakeTraining(segment, store);
        return new Quanta<StepMetrics, TrainingResult>(
            this, "train", segment.ToStep - segment.FromStep,
            i => training.Step([.. training.Requests(segment.FromStep + i).Select(training.Gradient)]), training.Finish);
    }

    public IDistributedTraining OpenDistributedTraining(TrainingSegment segment) => new FakeDistributedTraining(segment, store, () => OnQuantum("train"));

    public IQuantumWork<GradientResult> OpenGradient(GradientRequest request) =>
        new Quanta<GradientResult, GradientResult>(this, "gradient", 1, _ => FakeTraining.Compute(request, store), r => r[0]);

    public void Dispose() => CheckThread();

    private static float Logp(PolicyRef policy, ImmutableArray<int> prompt, ImmutableArray<int> response) =>
        (float)(-20 * Unit($"{policy.Digest} {string.Join(',', prompt)} {string.Join(',', response)}"));

    private static ImmutableArray<float> ByToken(PolicyRef policy, ImmutableArray<int> prompt, ImmutableArray<int> response) =>
        [.. response.Select(_ => Logp(policy, prompt, response) / response.Length)];

    private static Rollout Respond(PolicyRef policy, GenerationRequest request, TokenPrompt prompt, int sample)
    {
        var digest = Sha256.Of($"{policy.Digest} {prompt.Id} {request.Seed} {sample} {request.Sampling.Temperature}");
        var token = 1000 + int.Parse(digest[..4], NumberStyles.HexNumber, CultureInfo.InvariantCulture) % 100;
        var (tokens, truncated) = prompt.Complete([token, 2], false);
        return new Rollout(tokens, $"text {token}", truncated);
    }

    /// <summary>In [0, 1), by digest.</summary>
    internal static double Unit(string text) =>
        int.Parse(Sha256.Of(text)[..6], NumberStyles.HexNumber, CultureInfo.InvariantCulture) / (double)0x1000000;

    private void OnQuantum(string kind)
    {
        CheckThread();
        _onQuantum?.Invoke(kind);
    }

    private void CheckThread()
    {
        if (Environment.CurrentManagedThreadId != _thread) throw new InvalidOperationException("an engine belongs to one thread");
    }

    private sealed class Quanta<TUnit, TResult>(FakeEngine engine, string kind, int total, Func<int, TUnit> unit, Func<IReadOnlyList<TUnit>, TResult> result)
        : IQuantumWork<TResult>
    {
        private readonly List<TUnit> _units = [];

        public WorkProgress Progress => new(_units.Count, total, _units.Count * 10);

        public TResult Result => _units.Count == total ? result(_units) : throw new InvalidOperationException("not done");

        public bool Advance()
        {
            engine.OnQuantum(kind);
            if (_units.Count < total) _units.Add(unit(_units.Count));
            return _units.Count < total;
        }

        public void Dispose() => engine.CheckThread();
    }
}
