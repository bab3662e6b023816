using System.Text.Json;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Xunit;
using Xunit.Abstractions;
using static Sera.Model.Tests.Alignment.LossVectors;

namespace Sera.Model.Tests.Alignment.Losses;

/// <summary>Every loss and its derivatives against the shared vectors.</summary>
public sealed class LossVectorTests(ITestOutputHelper output)
{
    /// <summary>Names of the vectors whose loss has another name here.</summary>
    private static readonly Dictionary<string, string> Named = new()
    {
        ["sigmoid"] = "dpo",
        ["hinge"] = "slic-hf",
        ["ipo_sum"] = "ipo-sum",
        ["sigmoid_norm"] = "dpo-norm",
        ["exo_pair"] = "exo",
        ["nca_pair"] = "nca",
        ["bco_pair"] = "bco",
        ["aot_unpaired"] = "aot-unpaired",
        ["apo_zero"] = "apo-zero",
        ["apo_down"] = "apo-down",
        ["pc_dpo"] = "pc-dpo",
        ["h_dpo"] = "h-dpo",
        ["rpo_sum"] = "rpo",
        ["dpo_offset"] = "odpo",
        ["up_lcb"] = "up-lcb",
        ["up_mult"] = "up-mult",
        ["slic_hf"] = "slic-hf-margin",
        ["orpo_or"] = "orpo",
        ["sr_dpo"] = "sr-dpo",
        ["sr_ipo"] = "sr-ipo",
    };

    /// <summary>Names of the vectors' parameters.</summary>
    private static readonly Dictionary<string, LossParameter> Parameters = new()
    {
        ["label_smoothing"] = LossParameter.Smoothing,
        ["alpha"] = LossParameter.Coefficient,
        ["eta"] = LossParameter.Sft,
        ["offset"] = LossParameter.Offset,
        ["margin"] = LossParameter.Offset,
        ["shift"] = LossParameter.Offset,
        ["p_win"] = LossParameter.WinRate,
        ["temp"] = LossParameter.Temperature,
        ["discopop_tau"] = LossParameter.Temperature,
        ["kappa"] = LossParameter.Uncertainty,
        ["threshold"] = LossParameter.Threshold,
        ["lambda"] = LossParameter.Refinement,
        ["beta1"] = LossParameter.PriorScale,
        ["beta2"] = LossParameter.PriorSoftening,
        ["beta3"] = LossParameter.PriorShift,
        ["f_alpha_divergence_coef"] = LossParameter.DivergenceCoefficient,
    };

    /// <summary>Losses that are not there yet: they read what no part of the loop computes so far.</summary>
    private static readonly HashSet<string> Missing = ["irepo", "selm", "xpo"];

    [SharedFact]
    public void Losses_checked_against_a_public_implementation() => Check("verified", 139);

    [SharedFact]
    public void Losses_written_from_memory_which_are_ours() => Check("from_memory", 25);

    private void Check(string standing, int count)
    {
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var vector in All().Where(v => v.GetProperty("kind").GetString() == "loss" && v.GetProperty("status").GetString() == standing))
        {
            var published = vector.GetProperty("loss").GetString()!;
            if (Missing.Contains(published)) continue;
            var name = NameOf(published, vector.GetProperty("params"));
            Check(vector, OptionsOf(name, vector.GetProperty("params")));
            seen[name] = seen.GetValueOrDefault(name) + 1;
        }
        foreach (var (name, vectors) in seen) output.WriteLine($"{name}: {vectors}");
        Assert.Equal(count, seen.Values.Sum());
    }

    private static void Check(JsonElement vector, LossOptions options)
    {
        var (id, expected, inputs) = (vector.GetProperty("id").GetString()!, vector.GetProperty("expected"), vector.GetProperty("inputs"));
        var pairs = Pairs(inputs);
        var columns = ColumnsOf(inputs, vector.GetProperty("params"), pairs);
        var loss = PreferenceLosses.Get(options.Name);
        var step = new StepTotals(pairs.Length, pairs.Sum(p => (long)p.ChosenLength));
        var (losses, chosen, rejected) = (new double[pairs.Length], new double[pairs.Length], new double[pairs.Length]);
        foreach (var (place, (pair, w, l)) in loss.Arrange(pairs).Index())
        {
            var value = loss.Evaluate(options, pair, columns[w], step);
            losses[place] = value.Loss;
            chosen[w] += value.ByChosen / pairs.Length;
            rejected[l] += value.ByRejected / pairs.Length;
        }
        AssertClose(id, [expected.GetProperty("mean").GetDouble()], [losses.Average()]);
        // The published token mean is one number for the batch, ours is each pair's share of it.
        if (!loss.NeedsStepTokens) AssertClose(id, Numbers(expected.GetProperty("per_example")), losses);
        if (!expected.TryGetProperty("grad_mean_wrt_policy_chosen_logps", out var byChosen)) return;
        AssertClose(id, Numbers(byChosen), chosen);
        AssertClose(id, Numbers(expected.GetProperty("grad_mean_wrt_policy_rejected_logps")), rejected);
    }

    private static string NameOf(string published, JsonElement parameters)
    {
        if (published != "multi") return Named.GetValueOrDefault(published, published);
        var names = parameters.GetProperty("loss_type").EnumerateArray().Select(n => NameOf(n.GetString()!, default));
        return string.Join(" + ", names.Zip(Numbers(parameters.GetProperty("loss_weights")), (n, w) => FormattableString.Invariant($"{w} {n}")));
    }

    private static LossOptions OptionsOf(string name, JsonElement parameters)
    {
        var (beta, gamma) = (NumberOf(parameters, "beta") ?? 1, NumberOf(parameters, "gamma") ?? 0);
        var divergence = !parameters.TryGetProperty("f_divergence_type", out var f) ? null
            : f.GetString() switch { "forward_kl" => Divergences.ForwardKl, "js_divergence" => Divergences.JensenShannon, "alpha_divergence" => Divergences.Alpha, _ => null };
        return Parameters.Aggregate(
            new LossOptions(name, beta, gamma, divergence), (o, p) => NumberOf(parameters, p.Key) is { } value ? o.With(p.Value, value) : o);
    }

    private static double? NumberOf(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static PairColumns[] ColumnsOf(JsonElement inputs, JsonElement parameters, PairLogps[] pairs)
    {
        var ratio = parameters.TryGetProperty("prior", out var prior) && prior.GetString() == "length_ratio";
        return
        [
            .. pairs.Select((pair, i) => new PairColumns(
                At("consistency", i),
                ratio ? LengthPrior.Similarity(Enumerable.Repeat(1, pair.ChosenLength).ToArray(), Enumerable.Repeat(2, pair.RejectedLength).ToArray()) : At("similarity", i),
                At("uncert_chosen", i), At("uncert_rejected", i),
                At("aug_policy_chosen_logps", i) - At("aug_ref_chosen_logps", i), At("aug_policy_rejected_logps", i) - At("aug_ref_rejected_logps", i))),
        ];

        double? At(string column, int i) => inputs.TryGetProperty(column, out var values) ? values[i].GetDouble() : null;
    }
}
