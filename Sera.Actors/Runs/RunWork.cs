using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Sera.Actors.Work;

namespace Sera.Actors.Runs;

/// <summary>
/// What a run needs done: every order whose inputs are known and whose result is not recorded. A dataflow without phases, so whatever does not
/// depend on each other is outstanding at the same time, and resuming is asking again.
/// </summary>
public static class RunWork
{
    /// <summary>Asked for more than once of the same state: when a result is judged, and when what is new is announced.</summary>
    private static readonly ConditionalWeakTable<RunState, IReadOnlyList<PendingWork>> Known = [];

    /// <summary>Distinct orders, those the loop waits for before those that only measure. Empty when the run does not work.</summary>
    public static ImmutableArray<WorkOrder> Outstanding(RunState state) => [.. Pending(state).Select(p => p.Order).DistinctBy(o => o.WorkId)];

    internal static IReadOnlyList<PendingWork> Pending(RunState state) => Known.GetValue(state, Find);

    private static List<PendingWork> Find(RunState state)
    {
        var pending = new List<PendingWork>();
        if (state.Status != RunStatus.Running) return pending;
        var scoring = new HashSet<string>(StringComparer.Ordinal);
        foreach (var round in state.Rounds.Where(r => r is { Round: > 0, Trained: null }))
        {
            new RoundDataflow(state, round, pending, scoring).AddTraining();
        }
        foreach (var round in state.Rounds.Where(r => r.Evaluated is null))
        {
            new RoundDataflow(state, round, pending, scoring).AddEvaluation();
        }
        return pending;
    }
}
