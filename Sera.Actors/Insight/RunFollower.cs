using Sera.Actors.Hosting;
using Sera.Actors.Journals;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Engine;

namespace Sera.Actors.Insight;

/// <summary>A run seen from outside the cluster: its state from the events of the journal, and how far the orders in work are. Not for several threads.</summary>
public sealed class RunFollower
{
    private readonly RunProgress _progress = new();
    private Dictionary<string, WorkOrder> _outstanding = [];

    /// <summary>null before the first event.</summary>
    public RunState? State { get; private set; }

    /// <summary>Sequence number of the event that comes next.</summary>
    public long Next { get; private set; } = 1;

    /// <summary>Events in their order, from <see cref="Next"/> on; those before it are skipped.</summary>
    public IEnumerable<RunUpdate> Take(IEnumerable<StoredEvent> events)
    {
        foreach (var stored in events.Where(stored => stored.Sequence == Next))
        {
            var recorded = stored.Read();
            State = RunEvolution.Evolve(State, recorded);
            Next++;
            yield return new RunUpdate.Recorded(recorded, State);
        }
        if (State is not { } state) yield break;
        _progress.Recorded(state);
        _outstanding = RunWork.Outstanding(state).ToDictionary(order => order.WorkId, StringComparer.Ordinal);
    }

    public IEnumerable<RunUpdate> Take(IEnumerable<HeldWork> held)
    {
        foreach (var work in held)
        {
            if (!_outstanding.TryGetValue(work.WorkId, out var order)) continue;
            if (_progress.Heard(new WorkProgressed(order, new WorkProgress(work.Done, work.Total, work.Tokens))) is { } update) yield return update;
        }
    }
}

/// <summary>How far a worker is with an order it holds.</summary>
public sealed record HeldWork(string WorkId, long Done, long Total, long Tokens);
