using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Model.Training;

/// <summary>
/// One segment of a round's training on preference pairs, its gradients computed here. A quantum is one optimizer step; the last one writes the
/// checkpoint, or the trained policy at the end of the round.
/// </summary>
public sealed class TrainingWork : IQuantumWork<TrainingResult>
{
    private readonly SegmentTraining _training;
    private readonly int _microBatchTokens;

    /// <inheritdoc cref="SegmentTraining(TrainingSegment, ArtifactStore, Func{PolicyRef, StartingPolicy}, TrainerMemory, Func{PolicyRef, PolicyWeights})"/>
    public TrainingWork(
        TrainingSegment segment, ArtifactStore store, Func<PolicyRef, StartingPolicy> load, TrainerMemory memory, Func<PolicyRef, PolicyWeights>? read = null)
    {
        _training = new SegmentTraining(segment, store, load, memory, read);
        _microBatchTokens = segment.Training.MicroBatchTokens;
    }

    public WorkProgress Progress => _training.Progress;

    public TrainingResult Result => _training.Result ?? throw new InvalidOperationException("the training has not ended");

    public bool Advance()
    {
        if (_training.Result is not null) return false;
        if (!_training.IsOpen) _training.Open();
        else if (_training.IsTrained) _training.Finish();
        else Step();
        return true;
    }

    public void Dispose() => _training.Dispose();

    private void Step()
    {
        TrainingPairRow[] pairs = [.. _training.NextStep.Select(i => _training.Pairs[i])];
        _training.TakeStep(new PreferenceGradient(_training.NextLoss).Add(_training.Policy, pairs, _microBatchTokens));
    }
}
