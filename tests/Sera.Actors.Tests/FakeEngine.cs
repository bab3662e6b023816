using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
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

    public IQuantumWork<ImmutableArray<GroupLogps>> OpenScoring(PolicyRef policy, ImmutableArray<TokenGroup> groups, int batchTokens) =>
        new Quanta<GroupLogps, ImmutableArray<GroupLogps>>(this, "score", groups.Length, i => new GroupLogps(
            groups[i].Id, [.. groups[i].Responses.Select(r => Logp(policy, groups[i].Prompt, r))]), r => [.. r]);

    public IQuantumWork<ImmutableArray<PromptRollouts>> OpenGeneration(PolicyRef policy, GenerationRequest request) =>
        new Quanta<PromptRollouts, ImmutableArray<PromptRollouts>>(this, "generate", request.Prompts.Length, i => new PromptRollouts(
            request.Prompts[i].Id,
            [.. Enumerable.Range(0, request.Samples).Select(k => Respond(policy, request, request.Prompts[i], k))]), r => [.. r]);

    public IQuantumWork<TrainingResult> OpenTraining(TrainingSegment segment)
    {
        var state = segment.Checkpoint is { } checkpoint ? Encoding.UTF8.GetString(store.Read(checkpoint)) : $"start {segment.Start.Digest}";
        var pairs = segment.Pairs.SelectMany(p => RowFile.Read(store.Read(p), RowJson.Default.TrainingPairRow)).ToArray();
        return new Quanta<StepMetrics, TrainingResult>(this, "train", segment.ToStep - segment.FromStep, i =>
        {
            var step = segment.FromStep + i;
            state = Sha256.Of($"{state} {step} {segment.Seed} {segment.TotalSteps} {string.Join(' ', pairs.Select(p => (p.Id, p.RefChosen, p.Margin)))}");
            return new StepMetrics(step, Unit(state), 1, -1, 2, 0.75, -3, 0.5, 0.001, []);
        }, steps =>
        {
            var done = segment.ToStep == segment.TotalSteps;
            var written = store.Write(done ? "adapter" : "checkpoint", Encoding.UTF8.GetBytes(state));
            return new TrainingResult(
                done ? null : written, done ? written : null, done ? new PolicyRef(segment.Start.Base, Adapter: written.Sha256) : null, [.. steps]);
        });
    }

    public void Dispose() => CheckThread();

    private static float Logp(PolicyRef policy, ImmutableArray<int> prompt, ImmutableArray<int> response) =>
        (float)(-20 * Unit($"{policy.Digest} {string.Join(',', prompt)} {string.Join(',', response)}"));

    private static Rollout Respond(PolicyRef policy, GenerationRequest request, TokenPrompt prompt, int sample)
    {
        var digest = Sha256.Of($"{policy.Digest} {prompt.Id} {request.Seed} {sample} {request.Sampling.Temperature}");
        var token = 1000 + int.Parse(digest[..4], NumberStyles.HexNumber, CultureInfo.InvariantCulture) % 100;
        return new Rollout([token, 2], $"text {token}", Truncated: false);
    }

    /// <summary>In [0, 1), by digest.</summary>
    private static double Unit(string text) =>
        int.Parse(Sha256.Of(text)[..6], NumberStyles.HexNumber, CultureInfo.InvariantCulture) / (double)0x1000000;

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
            engine.CheckThread();
            engine._onQuantum?.Invoke(kind);
            if (_units.Count < total) _units.Add(unit(_units.Count));
            return _units.Count < total;
        }

        public void Dispose() => engine.CheckThread();
    }
}
