using System.Collections.Immutable;
using Sera.Actors.Serialization;

namespace Sera.Actors.Work;

/// <summary>Run to dispatcher: these orders are outstanding. Adds to what was announced before; repeats are harmless.</summary>
/// <param name="Epoch">Rises with every start and resume of the run; an announcement under a lower one is refused.</param>
public sealed record AnnounceWork(string RunId, long Epoch, ImmutableArray<WorkOrder> Orders) : IWireMessage;

/// <summary>Run to dispatcher: it needs none of its orders any more.</summary>
public sealed record WithdrawWork(string RunId, long Epoch) : IWireMessage;

/// <summary>Run to dispatcher: the result of this order, or its failure, is recorded.</summary>
public sealed record WorkRecorded(string RunId, string WorkId) : IWireMessage;

/// <summary>Worker to dispatcher: give me an order of this kind when there is one. Repeated while nothing comes.</summary>
public sealed record RequestWork(WorkKind Capability) : IWireMessage;

/// <summary>Dispatcher to worker: the order is yours until the deadline, unless renewed.</summary>
public sealed record LeaseGranted(WorkOrder Order, int Attempt, DateTimeOffset Deadline, long Epoch) : IWireMessage;

/// <summary>Worker to dispatcher: still at it.</summary>
public sealed record RenewLease(string WorkId, int Attempt) : IWireMessage;

/// <summary>Dispatcher to worker: the lease is not yours any more; drop the work.</summary>
public sealed record LeaseRevoked(string WorkId, int Attempt) : IWireMessage;

/// <summary>Worker to dispatcher: done. Repeated until acknowledged.</summary>
public sealed record WorkCompleted(int Attempt, WorkResult Result) : IWireMessage;

/// <summary>Worker to dispatcher: not done. Repeated until acknowledged.</summary>
public sealed record WorkFailed(string WorkId, int Attempt, WorkFailureKind Failure, string Reason) : IWireMessage;

/// <summary>Dispatcher to worker: heard, whether or not it counted.</summary>
public sealed record WorkAcknowledged(string WorkId, int Attempt) : IWireMessage;
