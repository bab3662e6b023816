using System.Collections.Immutable;

namespace Sera.Actors.Work;

/// <summary>A work order as the ledger sees it.</summary>
/// <param name="Place">Rises with every order announced.</param>
/// <param name="Queue">Run in whose turn it is granted: one that waits for it; of an orphan, the last one that did.</param>
/// <param name="Runs">Runs that wait for it, with the epoch each announced it under; empty for an orphan, which goes when its leases end.</param>
/// <param name="Leases">At most two, of different workers; none once there is an outcome.</param>
/// <param name="Failures">Attempts that failed by their workers' own word, but for full disks.</param>
/// <param name="FailedBy">Workers that failed at it.</param>
/// <param name="FailedAt">When the last one did.</param>
/// <param name="Losses">Leases that ended because their workers died or fell silent.</param>
/// <param name="Lapsed">Attempts that ended without their workers' word, and whose workers may yet speak.</param>
/// <param name="Outcome">Set once; kept until every run has recorded it.</param>
internal sealed record WorkItem(
    WorkOrder Order, long Place, string Queue, ImmutableSortedDictionary<string, long> Runs, ImmutableArray<Lease> Leases, int Failures,
    ImmutableHashSet<string> FailedBy, DateTimeOffset FailedAt, int Losses, ImmutableArray<int> Lapsed, WorkOutcome? Outcome)
{
    public WorkItem(WorkOrder order, long place, string runId, long epoch)
        : this(order, place, runId, ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal).Add(runId, epoch), [], 0, [], default, 0, [], null)
    {
    }

    public bool IsOrphan => Runs.IsEmpty;

    public bool IsFree => !IsOrphan && Leases.IsEmpty && Outcome is null;

    public bool HasRoom => Leases.Length < 2;

    /// <summary>Whether nobody is left who has not failed at it.</summary>
    /// <param name="able">Workers that could do it; null = none but those who failed.</param>
    public bool FailedByAll(IEnumerable<string>? able) => able?.All(FailedBy.Contains) ?? true;

    public Lease? LeaseOf(string worker) => Leases.FirstOrDefault(l => l.Worker == worker);

    public bool IsHeldBy(string worker, int attempt) => LeaseOf(worker)?.Attempt == attempt;

    /// <summary>In place of the lease the worker had, if it had one.</summary>
    public WorkItem With(Lease lease) => this with { Leases = Without(lease.Worker).Leases.Add(lease) };

    public WorkItem Without(string worker) => this with { Leases = Leases.RemoveAll(l => l.Worker == worker) };
}

/// <summary>The right to do an order, of one worker, for a while.</summary>
/// <param name="Since">When this ledger first knew of it.</param>
internal sealed record Lease(string Worker, int Attempt, DateTimeOffset Since, DateTimeOffset Deadline);

/// <summary>A lease that ended without its worker's knowing.</summary>
internal sealed record EndedLease(string Worker, string WorkId, int Attempt);

/// <summary>A result, or why there will be none.</summary>
internal sealed record WorkOutcome(WorkResult? Result, WorkFailureKind Failure = default, string Reason = "");
