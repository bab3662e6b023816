using System.Globalization;
using Sera.Model.Alignment;
using Sera.Model.Engine;

namespace Sera.Host.Reports;

/// <summary>The lines at the head of the report: what was run, on what, with which result.</summary>
internal static class ReportFacts
{
    public static IEnumerable<ReportFact> Of(RunSummary summary, RunOptions options)
    {
        var data = summary.Data;
        yield return new("loss", string.Join(", ", Loss(options.Loss)));
        yield return new("selection", SelectionFacts.Selection(options));
        yield return new("bootstrapping", SelectionFacts.Bootstrapping(options));
        if (options.Bootstrap is { IsOn: true, Calibration: { } calibration })
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
        if (data.Cut is { } cuts) yield return new("cut to the length limit", string.Join(", ", cuts.Select(c => $"{Figure.Count(c.Value)} {c.Key}")));
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

    private static IEnumerable<string> Loss(LossOptions loss)
    {
        yield return loss.Name;
        yield return Text($"beta {loss.Beta}");
        var known = PreferenceLosses.Get(loss.Name);
        if (known.ReadsTargetMargin) yield return Text($"target margin {loss.TargetMargin}");
        if (loss.Divergence is { } divergence) yield return $"divergence {divergence}";
        foreach (var value in known.Parameters.Select(p => Text($"{p.Parameter.Key} {loss.Parameter(p.Parameter) ?? p.Default}")).Distinct()) yield return value;
        if (known.Columns.Contains(PairColumn.Consistency)) yield return $"consistency {loss.Consistency ?? RankConsistency.All[0].Name}{(loss.AverageConsistency ? ", averaged" : "")}";
        if (loss.Weighting is { } weighting) yield return $"weighting {weighting}";

        static string Text(FormattableString text) => FormattableString.Invariant(text);
    }

    private static ReportFact Training(TrainingOptions training)
    {
        var what = training.Lora is { } lora ? FormattableString.Invariant($"LoRA of rank {lora.Rank}") : "all weights";
        var passes = training.Epochs == 1 ? "1 epoch" : FormattableString.Invariant($"{training.Epochs} epochs");
        return Fact("training", $"{what}, learning rate {training.LearningRate:0.###e0}, {training.PairsPerStep} pairs a step, {passes} a round");
    }

    private static ReportFact Fact(string name, FormattableString value) => new(name, FormattableString.Invariant(value));
}
