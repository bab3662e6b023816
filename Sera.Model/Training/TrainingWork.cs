using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Scoring;

namespace Sera.Model.Training;

/// <summary>
/// One segment of a round's training on preference pairs. A quantum is one optimizer step; the last one writes the checkpoint, or the
/// trained policy at the end of the round. The reference is present only as the log-probabilities in the rows.
/// </summary>
public sealed class TrainingWork : IQuantumWork<TrainingResult>
{
    private readonly TrainingSegment _segment;
    private readonly ArtifactStore _store;
    private readonly Func<PolicyRef, StartingPolicy> _load;
    private readonly TrainerMemory _memory;
    private readonly PreferenceGradient _gradient;
    private readonly List<TrainingPairRow> _pairs = [];
    private readonly TrainingPlan _plan;
    private readonly LearningRateSchedule _schedule;
    private readonly ImmutableArray<StepMetrics>.Builder _steps = ImmutableArray.CreateBuilder<StepMetrics>();
    private readonly long _segmentPairs;
    private TrainablePolicy? _policy;
    private TrainingResult? _result;
    private long _tokens;

    /// <param name="load">Loads a policy by name; called when the memory does not hold the segment's checkpoint.</param>
    /// <param name="memory">State of the segment before; borrowed.</param>
    /// <exception cref="InputException">A pair has an empty response.</exception>
    /// <exception cref="DamagedArtifactException">A pairs artifact or the checkpoint is not what its name says.</exception>
    public TrainingWork(TrainingSegment segment, ArtifactStore store, Func<PolicyRef, StartingPolicy> load, TrainerMemory memory)
    {
        (_segment, _store, _load, _memory) = (segment, store, load, memory);
        var options = segment.Training;
        _gradient = new PreferenceGradient(segment.Loss);
        foreach (var artifact in segment.Pairs) _pairs.AddRange(RowFile.Read(store.Read(artifact), RowJson.Default.TrainingPairRow));
        foreach (var pair in _pairs)
            if (pair.ChosenTokens.IsEmpty || pair.RejectedTokens.IsEmpty)
                throw new InputException($"pair '{pair.Id}'", "a response without tokens", "at least one", "remove the pair");
        _plan = new TrainingPlan(_pairs.Count, options.Epochs, options.PairsPerStep, segment.Seed);
        _schedule = new LearningRateSchedule(options.LearningRate, options.WarmupFraction, segment.TotalSteps);
        if (_plan.TotalSteps != segment.TotalSteps)
            throw new ArgumentException($"{_pairs.Count} pairs make {_plan.TotalSteps} steps, the segment says {segment.TotalSteps}", nameof(segment));
        if (segment.FromStep < 0 || segment.FromStep >= segment.ToStep || segment.ToStep > segment.TotalSteps || segment.FromStep == 0 != segment.Checkpoint is null)
            throw new ArgumentException($"steps {segment.FromStep} .. {segment.ToStep} of {segment.TotalSteps} with checkpoint {segment.Checkpoint}", nameof(segment));
        for (var step = segment.FromStep; step < segment.ToStep; step++) _segmentPairs += _plan.Step(step).Length;
    }

    public WorkProgress Progress => new(_steps.Count, _segment.ToStep - _segment.FromStep, _tokens);

    public TrainingResult Result => _result ?? throw new InvalidOperationException("the training has not ended");

    public bool Advance()
    {
        if (_result is not null) return false;
        if (_policy is null) Open();
        else if (_policy.StepsTaken < _segment.ToStep) Step(_policy);
        else Finish(_policy);
        return true;
    }

    public void Dispose()
    {
        _policy?.Dispose();
        _policy = null;
    }

    private void Open()
    {
        _policy = _memory.Take(_segment.Start, _segment.Checkpoint?.Sha256);
        if (_policy is null)
        {
            _policy = TrainingStart.Open(_load(_segment.Start), _segment.Training.Lora, _segment.Seed);
            if (_segment.Checkpoint is { } checkpoint) TrainingCheckpoint.Restore(_store.Verify(checkpoint), _policy);
        }
        if (_policy.StepsTaken != _segment.FromStep)
            throw new InvalidDataException($"the checkpoint is of step {_policy.StepsTaken}, the segment starts at {_segment.FromStep}");
        TokenGroups.Check([.. _pairs.Select(PreferenceGradient.GroupOf)], _policy.Model.Config);
    }

    private void Step(TrainablePolicy policy)
    {
        var step = policy.StepsTaken;
        var pairs = _plan.Step(step).Select(i => _pairs[i]).ToArray();
        var (finite, nonFinite, tokens) = _gradient.Add(policy, pairs, _segment.Training.MicroBatchTokens);
        _tokens += tokens;
        Judge(step, finite.Length, nonFinite);
        var rate = _schedule.At(step);
        var norm = policy.Step(_segment.Training, rate);
        var rewards = finite.Select(o => (
            Chosen: ImplicitReward.Of(_segment.Loss, o.Chosen, o.Pair.RefChosen, o.Pair.ChosenTokens.Length),
            Rejected: ImplicitReward.Of(_segment.Loss, o.Rejected, o.Pair.RefRejected, o.Pair.RejectedTokens.Length))).ToArray();
        _steps.Add(new StepMetrics(
            step + 1,
            finite.Average(o => o.Loss),
            rewards.Average(r => r.Chosen),
            rewards.Average(r => r.Rejected),
            rewards.Average(r => r.Chosen - r.Rejected),
            rewards.Average(r => r.Chosen > r.Rejected ? 1.0 : 0.0),
            finite.Average(o => o.Chosen),
            norm,
            rate,
            nonFinite));
    }

    private void Judge(int step, int finite, ImmutableArray<string> nonFinite)
    {
        if (nonFinite.IsEmpty) return;
        ImmutableArray<string> all = [.. _steps.SelectMany(s => s.NonFinite), .. nonFinite];
        if (finite == 0)
            throw new NonFiniteLossException($"the loss of every pair of step {step + 1} is not finite: {Names(nonFinite)}", nonFinite);
        if (all.Length >= 3 && all.Length > 0.01 * _segmentPairs)
            throw new NonFiniteLossException($"the loss of {all.Length} of {_segmentPairs} pairs up to step {step + 1} is not finite: {Names(all)}", all);
    }

    private static string Names(ImmutableArray<string> ids) => string.Join(", ", ids.Take(10)) + (ids.Length > 10 ? $" and {ids.Length - 10} more" : "");

    private void Finish(TrainablePolicy policy)
    {
        using var pending = _store.Create();
        if (_segment.ToStep < _segment.TotalSteps)
        {
            TrainingCheckpoint.Write(pending.Stream, policy);
            var checkpoint = pending.Commit(ArtifactRef.CheckpointKind);
            _memory.Keep(_segment.Start, checkpoint.Sha256, policy);
            _result = new TrainingResult(checkpoint, null, null, _steps.ToImmutable());
        }
        else
        {
            var artifact = TrainedPolicy.Write(pending, policy);
            policy.Dispose();
            _result = new TrainingResult(null, artifact, TrainedPolicy.Name(_segment.Start, artifact), _steps.ToImmutable());
        }
        _policy = null;
    }
}
