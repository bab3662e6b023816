using Sera.Model.Alignment.Losses;

namespace Sera.Model.Alignment;

/// <summary>The ranges of loss.*, and that nothing is set which the loss does not read.</summary>
internal static class LossOptionsRules
{
    public static void Check(OptionFindings findings, LossOptions loss, TrainingOptions training)
    {
        var known = PreferenceLosses.Find(loss.Name);
        findings.Require(known is not null, "loss.name", loss.Name, $"{PreferenceLosses.Names}, or a sum such as \"0.8 dpo + 0.2 bco + sft\" (aot by itself only)");
        findings.Require(loss.Beta > 0 && double.IsFinite(loss.Beta), "loss.beta", loss.Beta, "a number > 0");
        findings.Require(loss.TargetMargin >= 0 && double.IsFinite(loss.TargetMargin), "loss.target-margin", loss.TargetMargin, "a number >= 0");
        findings.Require(loss.Divergence is null || Divergences.All.Contains(loss.Divergence), "loss.divergence", loss.Divergence!, string.Join(" | ", Divergences.All));
        findings.Require(RankConsistency.Find(loss.Consistency) is not null, "loss.consistency", loss.Consistency!, string.Join(" | ", RankConsistency.All.Select(m => m.Name)));
        foreach (var (key, value) in loss.Settings ?? [])
        {
            var parameter = LossParameter.All.FirstOrDefault(p => p.Key == key);
            findings.Require(parameter is not null, "loss." + key, value, "a parameter of a loss");
            if (parameter is not null) findings.Require(parameter.Allows(value), "loss." + key, value, parameter.Range);
        }
        findings.Require(loss.Weighting is null or LossOptions.Wpo, "loss.weighting", loss.Weighting!, "none | wpo");
        if (known is null) return;
        findings.Require(!known.IsCoupled || loss.Weighting is null, "loss.weighting", loss.Weighting!, $"none with {loss.Name}, which sorts the pairs of a whole step");
        findings.Require(known.ReadsDivergence || loss.Divergence is null or Divergences.ReverseKl, "loss.divergence", loss.Divergence!, $"{Divergences.ReverseKl} with {loss.Name}, which reads no other");
        foreach (var (key, value) in loss.Settings ?? [])
        {
            var read = known.Parameters.Any(p => p.Parameter.Key == key)
                || (key == LossParameter.DivergenceCoefficient.Key && loss.Divergence == Divergences.Alpha);
            findings.Require(read, "loss." + key, value, $"nothing with {loss.Name}, which does not read it");
        }
        var consistent = known.Columns.Contains(PairColumn.Consistency);
        findings.Require(consistent || loss.Consistency is null, "loss.consistency", loss.Consistency!, $"nothing with {loss.Name}, which does not read it");
        findings.Require(consistent || !loss.AverageConsistency, "loss.average-consistency", "true", $"false with {loss.Name}, which reads no consistency");
        findings.Require(
            loss.Parameter(LossParameter.Smoothing) != 0 || !loss.Name.Contains("exo", StringComparison.Ordinal), "loss.label-smoothing", 0.0, "a number > 0 with exo, which takes its logarithm");
        findings.Require(!known.IsCoupled || !training.Distribute, "training.distribute", "true", $"false with {loss.Name}, which sorts the pairs of a whole step");
    }
}
