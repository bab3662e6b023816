using System.Collections.Immutable;

namespace Sera.Actors.Work;

/// <summary>A work order as the ledger sees it.</summary>
/// <param name="Runs">Runs that wait for it, with the epoch each announced it under.</param>
/// <param name="Attempts">Leases given so far.</param>
/// <param name="Failures">How many of them failed, expired or were lost.</param>
/// <param name="Outcome">Set once; kept until every run has recorded it.</param>
internal sealed record WorkItem(
    WorkOrder Order, ImmutableSortedDictionary<string, long> Runs, int Attempts = 0, int Failures = 0, Lease? Lease = null, WorkOutcome? Outcome = null)
{
    public bool IsFree => Lease is null && Outcome is null;

    public bool IsHeldBy(string worker, int attempt) => Lease is { } lease && lease.Worker == worker && lease.Attempt == attempt;
}

/// <summary>The right to do an order, of one worker, for a while.</summary>
internal sealed record Lease(string Worker, int Attempt, DateTimeOffset Deadline);

/// <summary>A result, or why there will be none.</summary>
internal sealed record WorkOutcome(WorkResult? Result, WorkFailureKind Failure = default, string Reason = "");
