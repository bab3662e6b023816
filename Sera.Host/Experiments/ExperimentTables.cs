using Sera.Host.Reports;

namespace Sera.Host.Experiments;

/// <summary>The tables of an experiment: arms are rows, figures columns; on the console, in Markdown and in the report.</summary>
internal static class ExperimentTables
{
    /// <summary>Figures after the last round, mean and interval; the heading first.</summary>
    public static IReadOnlyList<string[]> Figures(ExperimentResults results) =>
    [
        ["arm", "runs", .. results.Figures.Select(figure => figure.Title)],
        .. results.Experiment.Arms.Select(arm => (string[])
            [arm.Name, Runs(results, arm), .. results.Figures.Select(figure => EstimateText.Of(results.Of(arm, figure), figure.Unit))]),
    ];

    /// <summary>Differences to the baseline, paired by seed; null without one.</summary>
    public static IReadOnlyList<string[]>? Differences(ExperimentResults results) => results.Baseline is not { } baseline ? null :
    [
        [$"difference to {baseline.Name}", "seeds", .. results.Figures.Select(figure => figure.Title)],
        .. results.Experiment.Arms.Where(arm => arm.Name != baseline.Name).Select(arm => (string[])
        [
            arm.Name, Figure.Count(Paired(results, arm, baseline)),
            .. results.Figures.Select(figure => EstimateText.Difference(results.Difference(arm, figure), figure.Unit)),
        ]),
    ];

    /// <summary>What the numbers are, in one line.</summary>
    public static string Legend(ExperimentResults results)
    {
        var seeds = results.Experiment.Seeds;
        var numbers = seeds.Length == 1
            ? FormattableString.Invariant($"After the last round of one run, seed {seeds[0]}")
            : $"After the last round; mean and 95 % confidence interval (Student's t) over seeds {string.Join(", ", seeds)}";
        return results.Baseline is null ? $"{numbers}." : $"{numbers}; differences are taken seed by seed.";
    }

    /// <summary>Which runs are missing and why, a line each.</summary>
    public static IEnumerable<string> Missing(ExperimentResults results) => results.Failed.Select(failed =>
        FormattableString.Invariant($"{failed.Cell.Shown} failed with exit code {failed.Failure!.ExitCode}: {failed.Failure.Reason}"));

    /// <summary>Both tables as columns.</summary>
    public static string Plain(ExperimentResults results) => string.Join("\n\n", Both(results).Select(TextTable.Plain)) + "\n";

    /// <summary>Both tables with what a reader needs to judge them.</summary>
    public static string Markdown(ExperimentResults results)
    {
        var fingerprints = results.Cells.Select(cell => cell.Summary?.Fingerprint).OfType<string>().Distinct().Order(StringComparer.Ordinal);
        var missing = results.Failed.Select(failed => failed.Cell.Shown).ToList();
        string[] below =
        [
            Legend(results),
            .. missing.Count == 0 ? [] : new[] { $"Without runs that failed: {string.Join("; ", missing)}." },
            $"{string.Join("; ", fingerprints)}; `sera experiment {File(results.Experiment)}`",
        ];
        return string.Join("\n\n", [.. Both(results).Select(TextTable.Markdown), string.Join('\n', below)]) + "\n";
    }

    /// <summary>A page is read elsewhere than where it was written, so it names no folders of this machine.</summary>
    private static string File(Experiment experiment) => Path.IsPathRooted(experiment.File) ? Path.GetFileName(experiment.File) : experiment.File;

    private static IEnumerable<IReadOnlyList<string[]>> Both(ExperimentResults results) =>
        new[] { Figures(results), Differences(results) }.OfType<IReadOnlyList<string[]>>();

    private static string Runs(ExperimentResults results, Arm arm)
    {
        var (done, all) = (results.Finished(arm).Count(), results.Experiment.Seeds.Length);
        return done == all ? Figure.Count(done) : $"{Figure.Count(done)} of {Figure.Count(all)}";
    }

    private static int Paired(ExperimentResults results, Arm arm, Arm baseline) =>
        results.Finished(arm).Select(cell => cell.Cell.Seed).Intersect(results.Finished(baseline).Select(cell => cell.Cell.Seed)).Count();
}
