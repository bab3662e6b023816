using System.Text.Json;
using System.Text.Json.Serialization;
using Sera.Host.Runs;

namespace Sera.Host.Experiments;

/// <summary>results.json: what a program reads of an experiment. What does not apply is absent.</summary>
internal static class ExperimentJson
{
    private static readonly JsonSerializerOptions Options = new(HostJson.Indented)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NewLine = "\n",
    };

    public static string Write(ExperimentResults results) => JsonSerializer.Serialize(
        new
        {
            experiment = results.Experiment.Name,
            results.Experiment.Seeds,
            results.Experiment.Baseline,
            figures = results.Figures.Select(figure => new { figure.Name, figure.Title, figure.Unit, figure.Source }),
            arms = results.Experiment.Arms.Select(arm => Of(results, arm)),
            failed = results.Failed.Select(cell => new { arm = cell.Cell.Arm.Name, cell.Cell.Seed, cell.RunId, cell.Failure!.ExitCode, cell.Failure.Reason }),
        },
        Options) + "\n";

    private static object Of(ExperimentResults results, Arm arm) => new
    {
        arm.Name,
        runs = results.Finished(arm).Select(cell => new { cell.Cell.Seed, cell.RunId, cell.Summary!.FinalPolicySha256 }),
        last = Figures(results, figure => results.Of(arm, figure)),
        difference = results.Baseline is null || results.Baseline.Name == arm.Name ? null : Figures(results, figure => results.Difference(arm, figure)),
        rounds = results.Rounds(arm).Select(round => new { round, figures = Figures(results, figure => results.Of(arm, figure, round)) }),
    };

    private static Dictionary<string, object> Figures(ExperimentResults results, Func<ResultFigure, Estimate?> value) => results.Figures
        .Select(figure => (figure.Name, Estimate: value(figure))).Where(each => each.Estimate is not null)
        .ToDictionary(each => each.Name, each => (object)new { each.Estimate!.Count, each.Estimate.Mean, each.Estimate.HalfWidth });
}
