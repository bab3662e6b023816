using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Training;

/// <summary>The micro-batches of one optimizer step, and which of their gradients are there. Used on the trainer's thread.</summary>
internal sealed class DistributedStep
{
    private readonly ImmutableArray<MicroBatch> _microBatches;
    private readonly Dictionary<string, MicroBatch> _byId;
    private int _added;

    /// <param name="asker">Takes the place of a run for those who do the work.</param>
    /// <param name="training">The order whose step it is.</param>
    public DistributedStep(ImmutableArray<GradientRequest> requests, string asker, WorkOrder training)
    {
        _microBatches = [.. requests.Select(request => new MicroBatch(OrderOf(request, asker, training)))];
        _byId = _microBatches.ToDictionary(m => m.Order.WorkId, StringComparer.Ordinal);
    }

    /// <summary>Whether the gradient that is to be added next is here.</summary>
    public bool IsReady => _added < _microBatches.Length && _microBatches[_added].IsHere;

    /// <summary>Whether every gradient was added.</summary>
    public bool IsTaken => _added == _microBatches.Length;

    /// <summary>The one whose gradient is to be added next.</summary>
    public MicroBatch Next => _microBatches[_added];

    /// <summary>Orders without a result.</summary>
    public IEnumerable<WorkOrder> Outstanding => _microBatches.Where(m => m.Result is null).Select(m => m.Order);

    /// <summary>Everything that is of no use once the step is taken.</summary>
    public ImmutableArray<ArtifactRef> Artifacts =>
    [
        .. _microBatches.Select(m => m.Order.Gradient!.Request.Parameters)
            .Concat(_microBatches.Select(m => m.Result?.Gradient).OfType<ArtifactRef>()).Distinct(),
    ];

    public MicroBatch? Find(string workId) => _byId.GetValueOrDefault(workId);

    public void Added() => _added++;

    private static WorkOrder OrderOf(GradientRequest request, string asker, WorkOrder training)
    {
        var order = new GradientOrder(request);
        return new WorkOrder(
            WorkIds.For(training.Engine, WorkIds.Of(order)), WorkKind.Gradient, asker, training.Round, request.Rows.Length, Gradient: order, Engine: training.Engine);
    }

    /// <summary>One of them.</summary>
    internal sealed class MicroBatch(WorkOrder order)
    {
        public WorkOrder Order => order;

        public GradientResult? Result { get; set; }

        /// <summary>Whether the gradient is in this node's store.</summary>
        public bool IsHere { get; set; }

        /// <summary>How often a result came whose gradient was nowhere to be had.</summary>
        public int Lost { get; set; }
    }
}
