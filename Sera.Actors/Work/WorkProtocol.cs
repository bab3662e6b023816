using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Sera.Actors.Serialization;
using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>Run to dispatcher: these orders are outstanding. Adds to what was announced before; repeats are harmless.</summary>
/// <param name="Epoch">Rises with every start and resume of the run; an announcement under a lower one is refused.</param>
public sealed record AnnounceWork(string RunId, long Epoch, ImmutableArray<WorkOrder> Orders) : IWireMessage;

/// <summary>Run to dispatcher: it needs none of its orders any more.</summary>
public sealed record WithdrawWork(string RunId, long Epoch) : IWireMessage;

/// <summary>Run to dispatcher: the result of this order, or its failure, is recorded.</summary>
public sealed record WorkRecorded(string RunId, string WorkId) : IWireMessage;

/// <summary>Worker to dispatcher: give me an order of this kind when there is one. Repeated while nothing comes.</summary>
/// <param name="Device">What it computes on; for who looks at the nodes.</param>
/// <param name="Engine">What it computes with (see <see cref="WorkOrder.Engine"/>); F32 for what needs no engine.</param>
public sealed record RequestWork(
    WorkKind Capability, string? Device = null, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] EngineKind Engine = EngineKind.F32) : IWireMessage;

/// <summary>Dispatcher to worker: the order is yours until the deadline, unless renewed.</summary>
public sealed record LeaseGranted(WorkOrder Order, int Attempt, DateTimeOffset Deadline, long Epoch) : IWireMessage;

/// <summary>Worker to dispatcher: still at it. Also to a dispatcher that did not grant it, after the one that did is gone.</summary>
/// <param name="Progress">null until the work itself began.</param>
/// <param name="Device">As in <see cref="RequestWork"/>.</param>
public sealed record RenewLease(string WorkId, int Attempt, WorkProgress? Progress = null, string? Device = null) : IWireMessage;

/// <summary>Worker to dispatcher: it goes, unfinished; somebody else may have the order at once, and the worker wants no other.</summary>
public sealed record ReturnLease(string WorkId, int Attempt) : IWireMessage;

/// <summary>Dispatcher to worker: the lease is not yours any more; drop the work.</summary>
public sealed record LeaseRevoked(string WorkId, int Attempt) : IWireMessage;

/// <summary>Worker to dispatcher: done. Repeated until acknowledged.</summary>
public sealed record WorkCompleted(int Attempt, WorkResult Result) : IWireMessage;

/// <summary>Worker to dispatcher: not done. Repeated until acknowledged.</summary>
public sealed record WorkFailed(string WorkId, int Attempt, WorkFailureKind Failure, string Reason) : IWireMessage;

/// <summary>Dispatcher to worker: heard, whether or not it counted.</summary>
public sealed record WorkAcknowledged(string WorkId, int Attempt) : IWireMessage;
