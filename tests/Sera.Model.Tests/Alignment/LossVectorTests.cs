using System.Text.Json;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

/// <summary>The scalar losses and the SeRA utilities against the shared vectors, whose expected values are rounded to six decimals.</summary>
public sealed class LossVectorTests
{
    private const double Tolerance = 2e-6;

    [SharedFact]
    public void The_four_losses_and_their_derivatives_match_the_vectors()
    {
        var names = new Dictionary<string, string> { ["sigmoid"] = "dpo", ["ipo"] = "ipo", ["hinge"] = "slic-hf", ["simpo"] = "simpo" };
        var seen = names.Keys.ToDictionary(n => n, _ => 0);
        foreach (var vector in Vectors().Where(v => v.GetProperty("kind").GetString() == "loss"))
        {
            var name = vector.GetProperty("loss").GetString()!;
            var parameters = vector.GetProperty("params");
            if (!names.TryGetValue(name, out var loss) || parameters.TryGetProperty("f_divergence_type", out _))
            {
                continue;
            }
            seen[name]++;
            var gamma = parameters.TryGetProperty("gamma", out var g) ? g.GetDouble() : 0;
            var options = new LossOptions(loss, parameters.GetProperty("beta").GetDouble(), gamma);
            var pairs = Pairs(vector.GetProperty("inputs"));
            var values = pairs.Select(p => PreferenceLosses.Evaluate(options, p)).ToArray();
            var expected = vector.GetProperty("expected");
            var id = vector.GetProperty("id").GetString()!;
            AssertClose(id, Numbers(expected.GetProperty("per_example")), values.Select(v => v.Loss));
            AssertClose(id, [expected.GetProperty("mean").GetDouble()], [values.Average(v => v.Loss)]);
            if (expected.TryGetProperty("grad_mean_wrt_policy_chosen_logps", out var chosen))
            {
                var rejected = expected.GetProperty("grad_mean_wrt_policy_rejected_logps");
                AssertClose(id, Numbers(chosen), values.Select(v => v.ByChosen / values.Length));
                AssertClose(id, Numbers(rejected), values.Select(v => v.ByRejected / values.Length));
            }
        }
        Assert.Equal(new Dictionary<string, int> { ["sigmoid"] = 6, ["ipo"] = 5, ["hinge"] = 5, ["simpo"] = 5 }, seen);
    }

    [SharedFact]
    public void Margins_match_the_vectors()
    {
        var vector = Assert.Single(Named("irm"));
        var unscaled = new LossOptions("dpo", 1, 0);
        foreach (var round in new[] { "t_minus_1", "t_minus_2" })
        {
            var margins = Pairs(vector.GetProperty("inputs").GetProperty(round)).Select(p => Margins.Of(unscaled, p));
            AssertClose(round, Numbers(vector.GetProperty("expected").GetProperty($"m_{round}")), margins);
        }
    }

    [SharedFact]
    public void The_ensemble_matches_the_vectors()
    {
        var vectors = Named("irm_ensemble");
        Assert.Equal(4, vectors.Count);
        foreach (var vector in vectors)
        {
            var inputs = vector.GetProperty("inputs");
            var g = vector.GetProperty("params").GetProperty("gamma").GetDouble();
            var combined = MarginEnsemble.Combine(Numbers(inputs.GetProperty("m_t_minus_1")), Numbers(inputs.GetProperty("m_t_minus_2")), g);
            AssertClose($"g = {g}", Numbers(vector.GetProperty("expected").GetProperty("m_ens")), combined);
        }
    }

    [SharedFact]
    public void Top_k_matches_the_vectors()
    {
        var vectors = Named("top_k");
        Assert.Equal(11, vectors.Count);
        foreach (var vector in vectors)
        {
            var margins = Numbers(vector.GetProperty("inputs").GetProperty("margins"));
            var selected = MarginSelection.TopK(margins, vector.GetProperty("params").GetProperty("fraction").GetDouble()).Selected;
            var expected = vector.GetProperty("expected").GetProperty("selected_indices").EnumerateArray().Select(e => e.GetInt32());
            Assert.Equal(expected, selected);
        }
    }

    [SharedFact]
    public void Bootstrapped_pairs_match_the_vectors()
    {
        var vectors = Named("bootstrap_pairs");
        Assert.Equal(2, vectors.Count);
        foreach (var vector in vectors)
        {
            var g = vector.GetProperty("params").GetProperty("gamma").GetDouble();
            var inputs = vector.GetProperty("inputs");
            var before = inputs.GetProperty("rewards_t_minus_2");
            var prompts = inputs.GetProperty("rewards_t_minus_1").EnumerateObject().Select(p =>
            {
                var rewards = MarginEnsemble.Combine(Numbers(p.Value), Numbers(before.GetProperty(p.Name)), g);
                return new BootstrapPrompt(p.Name, p.Name, [.. rewards.Select((r, k) => new BootstrapResponse($"answer {k}", false, r))]);
            }).ToArray();
            var result = PreferenceBootstrap.Pairs(prompts, new BootstrapOptions(0.5, 4, false));
            var expected = vector.GetProperty("expected");
            var pairs = result.Verdicts.Where(v => v.Chosen >= 0 && v.Margin > 0).ToArray();
            Assert.Equal(
                expected.GetProperty("pairs_hi_lo_margin").EnumerateArray().Select(e => (e[0].GetString()!, e[1].GetInt32(), e[2].GetInt32())),
                pairs.Select(v => (v.Id, v.Chosen, v.Rejected)));
            var margins = expected.GetProperty("pairs_hi_lo_margin").EnumerateArray().Select(e => e[3].GetDouble()).ToArray();
            AssertClose($"g = {g}", margins, pairs.Select(v => v.Margin));
            Assert.Equal(
                expected.GetProperty("top2_prompts").EnumerateArray().Select(e => e.GetString()!),
                result.Selected.Select(i => result.Verdicts[i].Id));
        }
    }

    private static List<JsonElement> Vectors()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("loss_vectors.json")));
        return [.. document.RootElement.GetProperty("vectors").Clone().EnumerateArray()];
    }

    private static List<JsonElement> Named(string function) =>
        [.. Vectors().Where(v => v.TryGetProperty("fn", out var fn) && fn.GetString() == function)];

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];

    private static PairLogps[] Pairs(JsonElement inputs)
    {
        string[] names = ["policy_chosen_logps", "policy_rejected_logps", "ref_chosen_logps", "ref_rejected_logps", "chosen_lens", "rejected_lens"];
        var columns = names.Select(c => Numbers(inputs.GetProperty(c))).ToArray();
        return [.. Enumerable.Range(0, columns[0].Length).Select(i =>
            new PairLogps(columns[0][i], columns[1][i], columns[2][i], columns[3][i], (int)columns[4][i], (int)columns[5][i]))];
    }

    private static void AssertClose(string what, double[] expected, IEnumerable<double> actual)
    {
        var found = actual.ToArray();
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - found[i]) <= Tolerance, $"{what}[{i}]: expected {expected[i]:R}, found {found[i]:R}");
        }
    }
}
