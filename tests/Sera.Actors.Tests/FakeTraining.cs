using System.Collections.Immutable;
using System.Text;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Training;

namespace Sera.Actors.Tests;

/// <summary>
/// Training without tensors: a gradient is a digest of the state and of its pairs, a step the digest of the state and of its gradients in their
/// order. So a wrong, missing or misplaced gradient changes everything after it.
/// </summary>
internal sealed class FakeTraining
{
    private const int PairsInMicroBatch = 1;
    private readonly TrainingSegment _segment;
    private readonly ArtifactStore _store;
    private readonly int _pairs;
    private readonly string _mark = Guid.NewGuid().ToString();
    private string _state;

    public FakeTraining(TrainingSegment segment, ArtifactStore store)
    {
        (_segment, _store, StepsTaken) = (segment, store, segment.FromStep);
        _state = segment.Checkpoint is { } checkpoint ? Encoding.UTF8.GetString(store.Read(checkpoint)) : $"start {segment.Start.Digest}";
        _pairs = segment.Pairs.Sum(p => RowFile.Read(store.Read(p), RowJson.Default.TrainingPairRow).Count);
    }

    public int StepsTaken { get; private set; }

    public static GradientResult Compute(GradientRequest request, ArtifactStore store)
    {
        var state = Unmarked(store.Read(request.Parameters));
        var gradient = store.Write(ArtifactRef.GradientKind, Encoding.UTF8.GetBytes($"{Text(request, state, store)}\n{request.Parameters.Sha256}"));
        ImmutableArray<float> measures = [.. request.Rows.Select(_ => 1f)];
        return new GradientResult(gradient, measures, measures, measures, [], 10);
    }

    /// <summary>The micro-batches of a step, without parameters.</summary>
    public ImmutableArray<GradientRequest> Requests(int step)
    {
        var count = _segment.Training.PairsPerStep;
        return
        [
            .. Enumerable.Range(step * count, count).Select(i => i % _pairs).Chunk(PairsInMicroBatch).Select(rows => new GradientRequest(
                _segment.Start, new ArtifactRef(ArtifactRef.ParametersKind, "", 0), _segment.Pairs, _segment.Training.Lora, _segment.Loss, [.. rows], count,
                ReferenceScores: _segment.ReferenceScores)),
        ];
    }

    public ArtifactRef WriteParameters() => _store.Write(ArtifactRef.ParametersKind, Encoding.UTF8.GetBytes($"{_state}\n{_mark}"));

    /// <summary>What a file of a step says, without the mark that makes it its training's own.</summary>
    public static string Unmarked(byte[] file) => Encoding.UTF8.GetString(file).Split('\n')[0];

    public string Gradient(GradientRequest request) => Text(request, _state, _store);

    public StepMetrics Step(IReadOnlyList<string> gradients)
    {
        _state = Sha256.Of($"{_state} {StepsTaken} {_segment.Seed} {_segment.TotalSteps} {string.Join(' ', gradients)}");
        return new StepMetrics(StepsTaken++, FakeEngine.Unit(_state), 1, -1, 2, 0.75, -3, 0.5, 0.001, []);
    }

    public TrainingResult Finish(IReadOnlyList<StepMetrics> steps)
    {
        var done = _segment.ToStep == _segment.TotalSteps;
        var written = _store.Write(done ? "adapter" : "checkpoint", Encoding.UTF8.GetBytes(_state));
        return new TrainingResult(
            done ? null : written, done ? written : null, done ? new PolicyRef(_segment.Start.Base, Adapter: written.Sha256) : null, [.. steps],
            _segment.Syncs ? Update(_segment.Sync!) : null);
    }

    private UpdatedReference Update(ReferenceSync sync)
    {
        var written = _store.Write("weights", Encoding.UTF8.GetBytes($"{_state} {sync.Reference.Digest} {sync.Mix}"));
        return new UpdatedReference(written, new PolicyRef(_segment.Start.Base, Weights: written.Sha256));
    }

    private static string Text(GradientRequest request, string state, ArtifactStore store)
    {
        var pairs = TrainingPairs.Read(store, request.Pairs, request.ReferenceScores);
        return Sha256.Of($"{state} {request.PairsOfStep} {string.Join(' ', request.Rows.Select(row => (pairs[row].Id, pairs[row].RefChosen, pairs[row].Margin)))}");
    }
}
