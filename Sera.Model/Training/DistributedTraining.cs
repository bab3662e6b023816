using System.Collections.Immutable;
using System.Security.Cryptography;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>
/// One segment of a round's training whose micro-batches others compute. Each gradient comes from a zeroed buffer and is added to a zeroed
/// buffer in the order of the micro-batches, which is what <see cref="TrainingWork"/> does in one buffer: the same additions, so the same bits.
/// The files of a step are this training's own: another one of the same segment has others, and may come and go beside it.
/// </summary>
public sealed class DistributedTraining : IDistributedTraining
{
    private readonly TrainingSegment _segment;
    private readonly ArtifactStore _store;
    private readonly SegmentTraining _training;
    private readonly byte[] _mark = RandomNumberGenerator.GetBytes(FlatFile.MarkLength);
    private GradientOutcome _outcome = GradientOutcome.None;
    private Tensor? _read; // [parameters] fp32 on the CPU

    /// <inheritdoc cref="SegmentTraining(TrainingSegment, ArtifactStore, Func{PolicyRef, StartingPolicy}, TrainerMemory, Func{PolicyRef, PolicyWeights})"/>
    public DistributedTraining(
        TrainingSegment segment, ArtifactStore store, Func<PolicyRef, StartingPolicy> load, TrainerMemory memory, Func<PolicyRef, PolicyWeights>? read = null)
    {
        _training = new SegmentTraining(segment, store, load, memory, read);
        (_segment, _store) = (segment, store);
    }

    public ImmutableArray<GradientRequest> Awaited { get; private set; } = [];

    public WorkProgress Progress => _training.Progress;

    public TrainingResult Result => _training.Result ?? throw new InvalidOperationException("the training has not ended");

    public bool Advance()
    {
        if (!Awaited.IsEmpty) throw new InvalidOperationException($"{Awaited.Length} gradients are awaited");
        if (_training.Result is not null) return false;
        if (!_training.IsOpen) _training.Open();
        else if (_training.IsTrained) _training.Finish();
        else Begin();
        return true;
    }

    public void Add(GradientResult gradient)
    {
        if (Awaited.IsEmpty) throw new InvalidOperationException("no gradient is awaited");
        var outcome = Outcome(Awaited[0], gradient);
        if (gradient.Gradient is { } artifact) AddUp(artifact);
        _outcome = _outcome.With(outcome);
        Awaited = Awaited.RemoveAt(0);
        if (!Awaited.IsEmpty) return;
        _training.TakeStep(_outcome);
        _outcome = GradientOutcome.None;
    }

    public void Dispose()
    {
        _read?.Dispose();
        _read = null;
        _training.Dispose();
    }

    private GradientOutcome Outcome(GradientRequest request, GradientResult gradient)
    {
        int[] rows = [.. request.Rows.Except(gradient.NonFinite)];
        if (rows.Length + gradient.NonFinite.Length != request.Rows.Length || rows.Length != gradient.Losses.Length
            || rows.Length != gradient.Chosen.Length || rows.Length != gradient.Rejected.Length || rows.Length == 0 != gradient.Gradient is null)
            throw new ArgumentException($"the gradient is not of the {request.Rows.Length} pairs awaited", nameof(gradient));
        return new GradientOutcome(
            [.. rows.Select((row, i) => new PairOutcome(_training.Pairs[row], gradient.Losses[i], gradient.Chosen[i], gradient.Rejected[i]))],
            [.. gradient.NonFinite.Select(row => _training.Pairs[row])],
            gradient.Tokens);
    }

    private void AddUp(ArtifactRef gradient)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var sum = _training.Policy.Trained.Gradient!;
        _read ??= empty(sum.shape[0]).DetachFromDisposeScope();
        FlatFile.Read(_store, gradient, _read);
        sum.add_(_read.to(sum.device));
    }

    private void Begin()
    {
        var rows = _training.NextStep;
        TrainingPairRow[] pairs = [.. rows.Select(i => _training.Pairs[i])];
        var loss = _training.NextLoss;
        var gradient = new PreferenceGradient(loss);
        var microBatches = PreferenceGradient.Cut(pairs, _segment.Training.MicroBatchTokens);
        if (microBatches.Count == 1)
        {
            _training.TakeStep(gradient.Add(_training.Policy, pairs, _segment.Training.MicroBatchTokens));
            return;
        }
        var parameters = FlatFile.Write(_store, ArtifactRef.ParametersKind, _training.Policy.Trained.Flat, _mark);
        var step = gradient.TotalsOf(pairs);
        Awaited =
        [
            .. microBatches.Select(m => new GradientRequest(
                _segment.Start, parameters, _segment.Pairs, _segment.Training.Lora, loss, rows[m], step.Pairs, _segment.Training.Recompute,
                step.ChosenTokens, _segment.ReferenceScores)),
        ];
    }
}
