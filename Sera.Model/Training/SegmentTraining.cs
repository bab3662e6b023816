using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Scoring;

namespace Sera.Model.Training;

/// <summary>
/// The steps of one segment of a round's training on preference pairs, whoever computes their gradients: the state, the order of the pairs, the
/// optimizer steps, their metrics, and at the end the checkpoint, or the trained policy of the round. The reference is present only as
/// log-probabilities, and as what is updated at the end of a segment that says so.
/// </summary>
internal sealed class SegmentTraining : IDisposable
{
    private readonly TrainingSegment _segment;
    private readonly ArtifactStore _store;
    private readonly Func<PolicyRef, StartingPolicy> _load;
    private readonly TrainerMemory _memory;
    private readonly Func<PolicyRef, PolicyWeights>? _read;
    private readonly TrainingPlan _plan;
    private readonly LearningRateSchedule _schedule;
    private readonly ImmutableArray<StepMetrics>.Builder _steps = ImmutableArray.CreateBuilder<StepMetrics>();
    private readonly long _segmentPairs;
    private TrainablePolicy? _policy;
    private long _tokens;

    /// <param name="load">Loads a policy by name; called when the memory does not hold the segment's checkpoint.</param>
    /// <param name="memory">State of the segment before; borrowed.</param>
    /// <param name="read">Opens the weights of a policy by name; only a segment that updates its reference calls it.</param>
    /// <exception cref="InputException">A pair has an empty response.</exception>
    /// <exception cref="DamagedArtifactException">A pairs artifact or the checkpoint is not what its name says.</exception>
    public SegmentTraining(
        TrainingSegment segment, ArtifactStore store, Func<PolicyRef, StartingPolicy> load, TrainerMemory memory, Func<PolicyRef, PolicyWeights>? read)
    {
        (_segment, _store, _load, _memory, _read) = (segment, store, load, memory, read);
        var options = segment.Training;
        Pairs = TrainingPairs.Read(store, segment.Pairs, segment.ReferenceScores);
        _plan = new TrainingPlan(Pairs.Length, options.Epochs, options.PairsPerStep, segment.Seed);
        _schedule = new LearningRateSchedule(options.LearningRate, options.WarmupFraction, segment.TotalSteps);
        if (_plan.TotalSteps != segment.TotalSteps)
            throw new ArgumentException($"{Pairs.Length} pairs make {_plan.TotalSteps} steps, the segment says {segment.TotalSteps}", nameof(segment));
        if (segment.FromStep < 0 || segment.FromStep >= segment.ToStep || segment.ToStep > segment.TotalSteps || segment.FromStep == 0 != segment.Checkpoint is null)
            throw new ArgumentException($"steps {segment.FromStep} .. {segment.ToStep} of {segment.TotalSteps} with checkpoint {segment.Checkpoint}", nameof(segment));
        for (var step = segment.FromStep; step < segment.ToStep; step++) _segmentPairs += _plan.Step(step).Length;
    }

    /// <summary>All pairs of the round.</summary>
    public ImmutableArray<TrainingPairRow> Pairs { get; }

    public WorkProgress Progress => new(_steps.Count, _segment.ToStep - _segment.FromStep, _tokens);

    /// <summary>Null until <see cref="Finish"/>.</summary>
    public TrainingResult? Result { get; private set; }

    public bool IsOpen => _policy is not null;

    /// <summary>Whether all steps of the segment are taken.</summary>
    public bool IsTrained => Policy.StepsTaken == _segment.ToStep;

    /// <summary>Borrowed. Its gradient is zero between steps.</summary>
    public TrainablePolicy Policy => _policy ?? throw new InvalidOperationException("the training is not open");

    /// <summary>Pairs of the next step, by place in <see cref="Pairs"/>, in the order they are summed.</summary>
    public ImmutableArray<int> NextStep => _plan.Step(Policy.StepsTaken);

    /// <summary>The loss of the next step.</summary>
    public LossOptions NextLoss => MovingThreshold.LossOfStep(_segment.Loss, Policy.Margins, _segment.TotalSteps);

    public void Open()
    {
        _policy = _memory.Take(_segment.Start, _segment.Checkpoint?.Sha256);
        if (_policy is null)
        {
            _policy = TrainingStart.Open(_load(_segment.Start), _segment.Training.Lora, _segment.Seed, _segment.Training.Recompute);
            if (_segment.Checkpoint is { } checkpoint) TrainingCheckpoint.Restore(_store.Verify(checkpoint), _policy);
        }
        if (_policy.StepsTaken != _segment.FromStep)
            throw new InvalidDataException($"the checkpoint is of step {_policy.StepsTaken}, the segment starts at {_segment.FromStep}");
        TokenGroups.Check([.. Pairs.Select(TrainingPairs.GroupOf)], _policy.Model.Config);
    }

    /// <summary>Takes a step with the gradient that was added up in the policy's buffer.</summary>
    /// <exception cref="NonFiniteLossException">Too much is not finite; the step was not taken.</exception>
    public void TakeStep(GradientOutcome outcome)
    {
        var step = Policy.StepsTaken;
        _tokens += outcome.Tokens;
        Judge(step, outcome.Finite.Length, outcome.NonFinite);
        var rate = _schedule.At(step);
        var norm = Policy.Step(_segment.Training, rate);
        var rewards = outcome.Finite.Select(o => (
            Chosen: ImplicitReward.Of(_segment.Loss, o.Chosen, o.Pair.RefChosen, o.Pair.ChosenTokens.Length),
            Rejected: ImplicitReward.Of(_segment.Loss, o.Rejected, o.Pair.RefRejected, o.Pair.RejectedTokens.Length))).ToArray();
        if (_segment.Loss.MovingThreshold) Policy.Margins.Add(rewards.Average(r => r.Chosen - r.Rejected));
        _steps.Add(new StepMetrics(
            step + 1,
            outcome.Finite.Average(o => o.Loss),
            rewards.Average(r => r.Chosen),
            rewards.Average(r => r.Rejected),
            rewards.Average(r => r.Chosen - r.Rejected),
            rewards.Average(r => r.Chosen > r.Rejected ? 1.0 : 0.0),
            outcome.Finite.Average(o => o.Chosen),
            norm,
            rate,
            [.. outcome.NonFinite.Select(pair => pair.Id)]));
    }

    /// <summary>Writes what the segment came to, after its last step.</summary>
    public void Finish()
    {
        var policy = Policy;
        using var pending = _store.Create();
        if (_segment.ToStep < _segment.TotalSteps)
        {
            TrainingCheckpoint.Write(pending.Stream, policy);
            var checkpoint = pending.Commit(ArtifactRef.CheckpointKind);
            var reference = _segment.Syncs
                ? FollowingReference.Write(
                    _store, policy, _segment.Start, _segment.Sync!, _read ?? throw new InvalidOperationException("nobody reads the weights of policies"))
                : null;
            _memory.Keep(_segment.Start, checkpoint.Sha256, policy);
            Result = new TrainingResult(checkpoint, null, null, _steps.ToImmutable(), reference);
        }
        else
        {
            var artifact = TrainedPolicy.Write(pending, policy);
            policy.Dispose();
            Result = new TrainingResult(null, artifact, TrainedPolicy.Name(_segment.Start, artifact), _steps.ToImmutable());
        }
        _policy = null;
    }

    public void Dispose()
    {
        _policy?.Dispose();
        _policy = null;
    }

    private void Judge(int step, int finite, ImmutableArray<TrainingPairRow> nonFinite)
    {
        if (nonFinite.IsEmpty) return;
        ImmutableArray<string> ids = [.. nonFinite.Select(pair => pair.Id)];
        ImmutableArray<string> all = [.. _steps.SelectMany(s => s.NonFinite), .. ids];
        if (finite == 0)
            throw new NonFiniteLossException($"the loss of every pair of step {step + 1} is not finite: {Names(ids)}", ids);
        if (all.Length >= 3 && all.Length > 0.01 * _segmentPairs)
            throw new NonFiniteLossException($"the loss of {all.Length} of {_segmentPairs} pairs up to step {step + 1} is not finite: {Names(all)}", all);
    }

    private static string Names(ImmutableArray<string> ids) => string.Join(", ", ids.Take(10)) + (ids.Length > 10 ? $" and {ids.Length - 10} more" : "");
}
