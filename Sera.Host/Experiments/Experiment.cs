using System.Collections.Immutable;
using Sera.Host.Configuration;
using Sera.Model.Data.World;

namespace Sera.Host.Experiments;

/// <summary>A matrix of runs: every arm with every seed.</summary>
/// <param name="File">As the user wrote it.</param>
/// <param name="Baseline">The arm that the others are compared with; null = none.</param>
/// <param name="Figures">Asked for; empty = all that the runs have.</param>
internal sealed record Experiment(
    string Name, string File, ImmutableArray<long> Seeds, ImmutableArray<Arm> Arms, string? Baseline, ImmutableArray<ResultFigure> Figures)
{
    /// <summary>All runs, seed by seed, so that an experiment that is stopped has compared its arms on the seeds it came to.</summary>
    public IEnumerable<Cell> Cells => from seed in Seeds from arm in Arms select Cell.Of(this, arm, seed);
}

/// <summary>A way to run, to be compared with others.</summary>
/// <param name="Settings">With every override; its name and seed are set for each run.</param>
/// <param name="World">Made for it in place of the data files of its run file; null = those.</param>
internal sealed record Arm(string Name, RunSettings Settings, WorldOptions? World = null);

/// <summary>One run of an experiment.</summary>
internal sealed record Cell(Arm Arm, long Seed, RunSettings Settings)
{
    private const int LongestName = 64;

    public string Shown => $"{Arm.Name}, seed {Seed}";

    /// <summary>Name of the run: the experiment's, the arm's as far as it may be part of one, and the seed.</summary>
    public string Name => Settings.Text(RunKeys.Name);

    public static Cell Of(Experiment experiment, Arm arm, long seed)
    {
        var end = FormattableString.Invariant($"-{seed}");
        var room = LongestName - experiment.Name.Length - end.Length - 1;
        var plain = string.Join('-', string.Concat(arm.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' ? c : ' '))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var name = $"{experiment.Name}-{plain[..Math.Min(plain.Length, room)]}{end}";
        return new Cell(arm, seed, arm.Settings.With(RunKeys.Seed, seed, experiment.File).With(RunKeys.Name, name, experiment.File));
    }
}
