using Sera.Model.Alignment.Losses;
using Sera.Model.Alignment.Tokens;

namespace Sera.Model.Alignment;

/// <summary>The ranges of loss.*, that nothing is set which the loss does not read, and that the run has what the loss reads.</summary>
internal static class LossOptionsRules
{
    public static void Check(OptionFindings findings, LossOptions loss, TrainingOptions training)
    {
        var known = PreferenceLosses.Find(loss.Name);
        findings.Require(known is not null, "loss.name", loss.Name, $"{PreferenceLosses.Names}, or a sum such as \"0.8 dpo + 0.2 bco + sft\" (aot, aot-unpaired and kto by themselves only)");
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
        findings.Require(loss.TokenWeights is null || TokenWeightings.Find(loss.TokenWeights) is not null, "loss.token-weights", loss.TokenWeights!, TokenWeightings.Names);
        findings.Require(loss.Prior is null or RewardPrior.Cosine, "loss.prior", loss.Prior!, "length | cosine");
        if (known is null) return;
        findings.Require(loss.Prior is null || known.Columns.Contains(PairColumn.Similarity), "loss.prior", loss.Prior!, $"length with {loss.Name}, which reads no similarity");
        findings.Require(!known.IsCoupled || loss.Weighting is null, "loss.weighting", loss.Weighting!, $"none with {loss.Name}, whose pairs depend on their whole step");
        findings.Require(!known.IsCoupled || loss.TokenWeights is null, "loss.token-weights", loss.TokenWeights!, $"none with {loss.Name}, whose pairs depend on their whole step");
        var refines = known.Columns.Contains(PairColumn.Refinement);
        findings.Require(
            !refines || !string.IsNullOrWhiteSpace(loss.RefinementPrompt), "loss.refinement-prompt", "\"\"", $"a text that asks for a good answer, with {loss.Name} (hocon/runs/sr-dpo.conf has one)");
        findings.Require(
            !refines || loss.TokenWeights is null, "loss.token-weights", loss.TokenWeights!, $"none with {loss.Name}, which takes off sums under another prompt, whose tokens have no weights");
        findings.Require(refines || loss.RefinementPrompt is null, "loss.refinement-prompt", loss.RefinementPrompt!, $"\"\" with {loss.Name}, which reads none");
        findings.Require(known.ReadsDivergence || loss.Divergence is null or Divergences.ReverseKl, "loss.divergence", loss.Divergence!, $"{Divergences.ReverseKl} with {loss.Name}, which reads no other");
        foreach (var (key, value) in loss.Settings ?? [])
        {
            var read = known.Parameters.Any(p => p.Parameter.Key == key)
                || (key == LossParameter.DivergenceCoefficient.Key && loss.Divergence == Divergences.Alpha)
                || key == TokenWeightings.Find(loss.TokenWeights)?.Parameter.Parameter.Key;
            findings.Require(read, "loss." + key, value, $"nothing with {loss.Name}{(loss.TokenWeights is { } tokens ? $" and {tokens} weights" : "")}, which does not read it");
        }
        var consistent = known.Columns.Contains(PairColumn.Consistency);
        findings.Require(consistent || loss.Consistency is null, "loss.consistency", loss.Consistency!, $"nothing with {loss.Name}, which does not read it");
        findings.Require(consistent || !loss.AverageConsistency, "loss.average-consistency", "true", $"false with {loss.Name}, which reads no consistency");
        foreach (var (key, value) in loss.Settings ?? [])
        {
            var defaults = known.Parameters.Where(p => p.Parameter.Key == key).Select(p => p.Default).Distinct();
            findings.Require(defaults.Count() <= 1, "loss." + key, value, $"nothing with {loss.Name}, whose terms take it for different things");
        }
        findings.Require(
            loss.Parameter(LossParameter.Smoothing) != 0 || !known.Terms.Any(t => t is ExoLoss), "loss.label-smoothing", 0.0, "a number > 0 with exo, which takes its logarithm");
        findings.Require(
            loss.Parameter(LossParameter.Coefficient) is null or <= 1 || !known.Terms.Any(t => t is SpaLoss), "loss.alpha",
            loss.Parameter(LossParameter.Coefficient) ?? 0, "at most 1 with spa, which smooths labels by it");
        findings.Require(
            !known.NeedsWinRate || loss.Parameter(LossParameter.WinRate) is null or (> 0 and < 1), "loss.win-rate",
            loss.Parameter(LossParameter.WinRate) ?? 0, $"a number above 0 and below 1 with {loss.Name}, which takes its logit");
        findings.Require(
            !loss.MovingThreshold || known.Terms[0] is SpaLoss, "loss.moving-threshold", "true", $"false with {loss.Name}: spa, or a sum that begins with it, reads a threshold in its rewards");
        findings.Require(
            !loss.MovingThreshold || loss.Parameter(LossParameter.Threshold) is null, "loss.threshold", loss.Parameter(LossParameter.Threshold) ?? 0,
            "nothing with loss.moving-threshold = true, which takes its place");
        findings.Require(!known.IsCoupled || !training.Distribute, "training.distribute", "true", $"false with {loss.Name}, whose pairs depend on their whole step");
    }

    /// <summary>A loss whose column no round can have would be another loss under its name.</summary>
    public static void CheckColumns(OptionFindings findings, RunOptions options)
    {
        if (PreferenceLosses.Find(options.Loss.Name) is not { } loss) return;
        var fromPrompts = options.TrainingData == TrainingData.Prompts;
        var bootstraps = options.Bootstraps();
        findings.Require(
            !loss.Columns.Contains(PairColumn.Consistency) || (bootstraps && options.Bootstrap.Segments is null), "loss.name", loss.Name,
            "another loss in a run that bootstraps no pairs from responses, the only ones with a consistency");
        findings.Require(
            loss.Exploration == Exploration.None || bootstraps, "loss.name", loss.Name, "another loss in a run that bootstraps no pairs, the only ones with an explored response");
        if (loss.Columns.Contains(PairColumn.Refinement))
        {
            findings.Require(options.Rounds > 1, "loss.name", loss.Name, "another loss in a run of one round, whose starting policy is the reference: nothing to refine");
            findings.Require(
                options.Policies.TrainReference == PolicyChoice.Sft, "policies.train-reference", "previous", $"sft with {loss.Name}: a round's starting policy measured against itself refines nothing");
        }
        findings.Require(
            !loss.Columns.Contains(PairColumn.Uncertainty) || options.Rounds > 2 || (fromPrompts && options.Rounds > 1), "loss.name", loss.Name, "another loss in a run of fewer than 3 rounds, which has no uncertainty");
        findings.Require(
            options.Reward == RewardSource.Implicit || options.Rewards(), "reward.source", "model", "implicit in a run of one round, which neither selects nor bootstraps");
        findings.Require(
            options.Reward == RewardSource.Implicit || !PreferenceLosses.ComparesRounds(options.Loss), "reward.source", "model", $"implicit with {options.Loss.Name}, which compares the implicit rewards of two rounds");
    }
}
