using Sera.Actors.Hosting;
using Sera.Actors.Runs;
using Sera.Actors.Work;

namespace Sera.Actors.Insight;

/// <summary>How far a run is, by kind of work and round: what is recorded, plus what workers say of the orders they hold.</summary>
internal sealed class RunProgress
{
    private readonly Dictionary<string, WorkProgressed> _held = [];
    private RunState? _state;
    private Dictionary<(WorkKind, int), long> _outstanding = [];

    public void Recorded(RunState state)
    {
        _state = state;
        var orders = RunWork.Outstanding(state);
        _outstanding = orders.GroupBy(o => (o.Kind, o.Round)).ToDictionary(g => g.Key, g => g.Sum(o => (long)o.Units));
        foreach (var done in _held.Keys.Except(orders.Select(o => o.WorkId)).ToArray())
        {
            _held.Remove(done);
        }
    }

    /// <summary>null before the run's first event and for rounds it does not have.</summary>
    public RunUpdate.Progressed? Heard(WorkProgressed progressed)
    {
        var (kind, number) = (progressed.Order.Kind, progressed.Order.Round);
        if (_state is not { } state || number >= state.Rounds.Length) return null;
        _held[progressed.Order.WorkId] = progressed;
        var round = state.Rounds[number];
        var held = _held.Values.Where(h => h.Order.Kind == kind && h.Order.Round == number).ToArray();
        var recorded = Recorded(state, round, kind);
        var total = progressed.Order.Train is { } train
            ? train.Segment.TotalSteps
            : recorded + _outstanding.GetValueOrDefault((kind, number));
        return new RunUpdate.Progressed(
            kind, number, recorded + held.Sum(Done), total,
            round.Tokens.GetValueOrDefault(kind) + held.Sum(h => h.Progress.Tokens));
    }

    /// <summary>In the order's own units, whatever the engine counts.</summary>
    private static long Done(WorkProgressed held) =>
        held.Progress.Total == 0 ? 0 : (long)((double)held.Order.Units * held.Progress.Done / held.Progress.Total);

    private static long Recorded(RunState state, RoundState round, WorkKind kind) => kind switch
    {
        WorkKind.Generate => round.Rollouts.Values.Concat(round.Answers.Values).Concat(round.Explored.Values).Sum(r => (long)r.Result.Responses),
        WorkKind.Score => state.Scores.Values.Where(s => s.Round == round.Round).Sum(s => (long)s.Result.Rows),
        WorkKind.Train => round.Trained?.ToStep ?? (round.Checkpoints.IsEmpty ? 0 : round.Checkpoints[^1].ToStep),
        WorkKind.Select => round.Selected is null ? 0 : 1,
        WorkKind.Bootstrap => round.Bootstrapped is null ? 0 : 1,
        WorkKind.Evaluate => round.Evaluated is null ? 0 : 1,
        _ => 0,
    };
}
