using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Tests;

/// <summary><see cref="FakeTraining"/> with the gradients of others.</summary>
internal sealed class FakeDistributedTraining(TrainingSegment segment, ArtifactStore store, Action onQuantum) : IDistributedTraining
{
    private readonly FakeTraining _training = new(segment, store);
    private readonly List<string> _gradients = [];
    private readonly List<StepMetrics> _steps = [];
    private TrainingResult? _result;

    public ImmutableArray<GradientRequest> Awaited { get; private set; } = [];

    public WorkProgress Progress => new(_steps.Count, segment.ToStep - segment.FromStep, _steps.Count * 10);

    public TrainingResult Result => _result ?? throw new InvalidOperationException("not done");

    public bool Advance()
    {
        onQuantum();
        if (!Awaited.IsEmpty) throw new InvalidOperationException("gradients are awaited");
        if (_result is not null) return false;
        if (_training.StepsTaken == segment.ToStep)
        {
            _result = _training.Finish(_steps);
            return true;
        }
        var parameters = _training.WriteParameters();
        Awaited = [.. _training.Requests(_training.StepsTaken).Select(r => r with { Parameters = parameters })];
        return true;
    }

    public void Add(GradientResult gradient)
    {
        _gradients.Add(FakeTraining.Unmarked(store.Read(gradient.Gradient!)));
        Awaited = Awaited.RemoveAt(0);
        if (!Awaited.IsEmpty) return;
        _steps.Add(_training.Step(_gradients));
        _gradients.Clear();
    }

    public void Dispose()
    {
    }
}
