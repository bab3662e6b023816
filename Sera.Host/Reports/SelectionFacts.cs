using Sera.Model.Alignment;

namespace Sera.Host.Reports;

/// <summary>In words, which pairs the rounds from 2 on train on.</summary>
internal static class SelectionFacts
{
    public static string Selection(RunOptions options)
    {
        var selection = options.Selection;
        var pairs = options.TrainingData == TrainingData.OnPolicy ? "none of the offline pairs"
            : selection.Threshold is { } least ? FormattableString.Invariant($"offline pairs with a margin of {least} or more")
            : selection.KeepPairs > 0 ? FormattableString.Invariant($"{selection.KeepPairs:#,##0} of the offline pairs")
            : FormattableString.Invariant($"{selection.Keep * 100:0.#} % of the offline pairs");
        var rule = selection is { Rule: { } name, Threshold: null } && options.TrainingData != TrainingData.OnPolicy ? $", by the rule {name}" : "";
        return FormattableString.Invariant($"{pairs} from round 2 on{rule}, ensemble weight {selection.Ensemble}");
    }

    public static string Bootstrapping(RunOptions options)
    {
        var bootstrap = options.Bootstrap;
        if (!bootstrap.IsOn || options.TrainingData == TrainingData.Offline) return "off";
        var kept = bootstrap.KeepPairs > 0
            ? FormattableString.Invariant($"{bootstrap.KeepPairs:#,##0} of the prompts kept")
            : FormattableString.Invariant($"{bootstrap.Keep * 100:0.#} % of the prompts kept");
        return FormattableString.Invariant($"{bootstrap.Samples} responses a prompt, {PairRules.Of(bootstrap).Words}, {kept}");
    }
}
