using Sera.Actors.Work;

namespace Sera.Actors.Runs;

/// <summary>A place in a run that waits for a result, and how the result is recorded there.</summary>
internal sealed record PendingWork(WorkOrder Order, Func<WorkResult, DateTimeOffset, IRunEvent> Record);
