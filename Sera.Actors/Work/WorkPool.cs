using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>Which workers an order is for: those of its kind, and of engines only those that compute as its run does, or as little.</summary>
internal readonly record struct WorkPool(WorkKind Kind, EngineKind Engine = EngineKind.F32)
{
    public static WorkPool Of(WorkOrder order) => new(order.Kind, order.Engine);

    public static implicit operator WorkPool(WorkKind kind) => new(kind);
}
