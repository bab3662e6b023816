using System.Globalization;
using Sera.Model.Alignment;
using Sera.Model.Engine;

namespace Sera.Host.Reports;

/// <summary>The lines at the head of the report: what was run, on what, with which result.</summary>
internal static class ReportFacts
{
    public static IEnumerable<ReportFact> Of(RunSummary summary, RunOptions options)
    {
        var (loss, selection, bootstrap, data) = (options.Loss, options.Selection, options.Bootstrap, summary.Data);
        yield return loss.Name == "simpo"
            ? Fact("loss", $"simpo, beta {loss.Beta}, target margin {loss.TargetMargin}")
            : Fact("loss", $"{loss.Name}, beta {loss.Beta}");
        yield return Fact("selection", $"{selection.Keep * 100:0.#} % of the offline pairs from round 2 on, ensemble weight {selection.Ensemble}");
        yield return bootstrap.Keep == 0
            ? new("bootstrapping", "off")
            : Fact("bootstrapping", $"{bootstrap.Samples} responses a prompt, best against worst, {bootstrap.Keep * 100:0.#} % of the prompts kept");
        if (bootstrap is { Keep: > 0, Calibration: { } calibration })
        {
            yield return calibration.Name == "lowess"
                ? Fact("calibration", $"lowess of reward on characters, fraction {calibration.Fraction}, weight {calibration.Weight}")
                : new("calibration", calibration.Name);
        }
        yield return Training(options.Training);
        yield return Fact(
            "data",
            $"{data.TrainPairs:#,##0} pairs, {data.HeldOutPairs:#,##0} held out, {data.Prompts:#,##0} prompts, {data.EvalPrompts:#,##0} to evaluate");
        var dropped = data.Dropped.Where(d => d.Value > 0).Select(d => $"{Figure.Count(d.Value)} {d.Key}").ToArray();
        yield return new("dropped", dropped.Length == 0 ? "nothing" : string.Join(", ", dropped));
        if (summary.HeldOutRewardAccuracy is { } heldOut)
        {
            yield return new("held-out reward accuracy", $"{Figure.Percent(heldOut.Before)} before, {Figure.Percent(heldOut.After)} after");
        }
        yield return new("seed", summary.Seed.ToString(CultureInfo.InvariantCulture));
        yield return new("fingerprint", summary.Fingerprint);
        yield return new("aligned policy", (summary.FinalPolicySha256, summary.FinalPolicyPath) switch
        {
            _ when SimulatedPolicyEngine.Is(summary.Fingerprint) => "none: the run is simulated and computed nothing; its numbers are made up, its times are those of coordination and of waiting",
            (null, _) => "not there yet",
            ({ } digest, null) => $"not written here ({digest})",
            var (digest, path) => $"{path} ({digest})",
        });
    }

    private static ReportFact Training(TrainingOptions training)
    {
        var what = training.Lora is { } lora ? FormattableString.Invariant($"LoRA of rank {lora.Rank}") : "all weights";
        var passes = training.Epochs == 1 ? "1 epoch" : FormattableString.Invariant($"{training.Epochs} epochs");
        return Fact("training", $"{what}, learning rate {training.LearningRate:0.###e0}, {training.PairsPerStep} pairs a step, {passes} a round");
    }

    private static ReportFact Fact(string name, FormattableString value) => new(name, FormattableString.Invariant(value));
}
