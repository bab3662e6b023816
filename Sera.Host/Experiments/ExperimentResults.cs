using System.Collections.Immutable;
using Sera.Host.Reports;

namespace Sera.Host.Experiments;

/// <summary>What came of a run of an experiment: its summary, or why there is none.</summary>
internal sealed record CellResult(Cell Cell, string? RunId, RunSummary? Summary, CellFailure? Failure);

/// <param name="ExitCode">That the run alone would have ended with.</param>
internal sealed record CellFailure(int ExitCode, string Reason);

/// <summary>What came of an experiment, arm by arm. Rounds are counted as in the summaries; null as a round means each run's last.</summary>
internal sealed record ExperimentResults(Experiment Experiment, ImmutableArray<CellResult> Cells)
{
    /// <summary>Those asked for, or else those that any run has.</summary>
    public ImmutableArray<ResultFigure> Figures { get; } = !Experiment.Figures.IsEmpty
        ? Experiment.Figures
        : [.. ResultFigures.All.Where(figure => Cells.Any(cell => cell.Summary is { } run && run.Rounds.Any(round => figure.Value(run, round) is not null)))];

    public IEnumerable<CellResult> Failed => Cells.Where(cell => cell.Failure is not null);

    /// <summary>The runs of an arm that ended well.</summary>
    public IEnumerable<CellResult> Finished(Arm arm) => Cells.Where(cell => cell.Cell.Arm.Name == arm.Name && cell.Summary is not null);

    /// <summary>Numbers of an arm's rounds, the starting policy's 0 included.</summary>
    public IEnumerable<int> Rounds(Arm arm) => Finished(arm).SelectMany(cell => cell.Summary!.Rounds.Select(round => round.Round)).Distinct().Order();

    public Estimate? Of(Arm arm, ResultFigure figure, int? round = null) => Estimate.Of(Values(arm, figure, round).Values);

    /// <summary>Mean of an arm's differences to the baseline, seed by seed; null without a baseline, and for the baseline itself.</summary>
    public Estimate? Difference(Arm arm, ResultFigure figure, int? round = null)
    {
        if (Baseline is not { } baseline || baseline.Name == arm.Name) return null;
        var (own, others) = (Values(arm, figure, round), Values(baseline, figure, round));
        return Estimate.Of([.. own.Where(value => others.ContainsKey(value.Key)).Select(value => value.Value - others[value.Key])]);
    }

    public Arm? Baseline => Experiment.Arms.FirstOrDefault(arm => arm.Name == Experiment.Baseline);

    /// <summary>By seed, those that have it.</summary>
    private SortedDictionary<long, double> Values(Arm arm, ResultFigure figure, int? round)
    {
        var values = new SortedDictionary<long, double>();
        foreach (var (cell, _, summary, _) in Finished(arm))
        {
            var wanted = round is { } number ? summary!.Rounds.FirstOrDefault(each => each.Round == number) : summary!.Rounds[^1];
            if (wanted is not null && figure.Value(summary, wanted) is { } value) values[cell.Seed] = value;
        }
        return values;
    }
}
