using System.Text.Json;
using CsCheck;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Alignment.Tokens;
using Xunit;
using static Sera.Model.Tests.Alignment.LossVectors;

namespace Sera.Model.Tests.Alignment;

public sealed class TokenWeightingTests
{
    private static readonly LossOptions Ld = new("dpo", 0.1, 0, TokenWeights: "ld");
    private static readonly LossOptions Bmc = new("dpo", 0.1, 0, TokenWeights: "bmc");

    [SharedFact]
    public void Ld_dpo_is_that_of_the_shared_vectors()
    {
        var vectors = Named("ld_dpo");
        Assert.Equal(3, vectors.Count);
        foreach (var vector in vectors)
        {
            var (inputs, expected, parameters) = (vector.GetProperty("inputs"), vector.GetProperty("expected"), vector.GetProperty("params"));
            var options = Ld.With(LossParameter.LdAlpha, parameters.GetProperty("ld_alpha").GetDouble()) with { Beta = parameters.GetProperty("beta").GetDouble() };
            string[] sides = ["policy_chosen", "policy_rejected", "ref_chosen", "ref_rejected"];
            var sums = sides.Select(side => (double)Sum(options, Logps(inputs, side), Logps(inputs, side.Replace("chosen", "other").Replace("rejected", "chosen").Replace("other", "rejected")).Length)).ToArray();
            var id = vector.GetProperty("id").GetString()!;
            AssertClose(id, [.. sides.Select(side => expected.GetProperty(side).GetDouble())], sums);
            var pair = new PairLogps(sums[0], sums[1], sums[2], sums[3], Logps(inputs, sides[0]).Length, Logps(inputs, sides[1]).Length);
            var loss = PreferenceLosses.Get("dpo").Evaluate(options, pair, PairColumns.None, new StepTotals(1, 0)).Loss;
            AssertClose(id, [expected.GetProperty("sigmoid_loss").GetDouble()], [loss]);
        }
    }

    [SharedFact]
    public void Bmc_is_that_of_the_shared_vectors()
    {
        var vectors = Named("bmc_weighted_logps");
        Assert.Equal(2, vectors.Count);
        foreach (var vector in vectors)
        {
            var (inputs, expected) = (vector.GetProperty("inputs"), vector.GetProperty("expected"));
            var options = Bmc.With(LossParameter.BmcCap, vector.GetProperty("params").GetProperty("delta").GetDouble());
            foreach (var side in new[] { "chosen", "rejected" })
            {
                var logps = Logps(inputs, "policy_" + side);
                int[] edits = [.. Numbers(inputs.GetProperty(side + "_diff_mask")).Index().Where(m => m.Item == 1).Select(m => m.Index)];
                var weights = new float[logps.Length];
                TokenWeightings.Of(options)!.Fill(options, logps, 0, edits, weights);
                AssertClose(side, Numbers(expected.GetProperty("w_" + side)), weights.Select(w => (double)w));
                AssertClose(side, [expected.GetProperty(side + "_logp").GetDouble()], [Sum(options, logps, 0, edits)]);
            }
        }
    }

    [Fact]
    public void With_alpha_1_and_without_edits_a_weighted_sum_is_the_plain_one() =>
        Gen.Select(Gen.Double[-5, 0].Array[1, 20], Gen.Int[1, 20]).Sample((numbers, other) =>
        {
            float[] logps = [.. numbers.Select(n => (float)n)];
            var plain = (float)logps.Sum(l => (double)l);
            Assert.Equal(plain, Sum(Ld.With(LossParameter.LdAlpha, 1), logps, other));
            Assert.Equal(plain, Sum(Bmc, logps, other));
        });

    // 1 2 3 4 5 against 1 3 9 5: 3 stays, 2 and 4 are gone, 9 is new.
    [Fact]
    public void Edits_are_what_one_response_has_and_the_other_has_not()
    {
        var (chosen, rejected) = TokenEdits.Between([1, 2, 3, 4, 5], [1, 3, 9, 5]);
        Assert.Equal([1, 3], chosen.ToArray());
        Assert.Equal([2], rejected.ToArray());
    }

    [Fact]
    public void What_is_no_edit_stands_in_both_in_the_same_order_and_is_as_long_as_can_be()
    {
        var tokens = Gen.Int[0, 3].Array[0, 9];
        Gen.Select(tokens, tokens).Sample((a, b) =>
        {
            var (ofA, ofB) = TokenEdits.Between(a, b);
            int[] kept = [.. a.Where((_, i) => !ofA.Contains(i))];
            Assert.Equal(kept, b.Where((_, i) => !ofB.Contains(i)));
            Assert.Equal(Longest(a, b), kept.Length);
        });

        static int Longest(ReadOnlySpan<int> a, ReadOnlySpan<int> b) => a.IsEmpty || b.IsEmpty ? 0
            : a[0] == b[0] ? 1 + Longest(a[1..], b[1..]) : Math.Max(Longest(a[1..], b), Longest(a, b[1..]));
    }

    private static float Sum(LossOptions options, float[] logps, int otherLength, int[]? edits = null) =>
        TokenWeightings.Of(options)!.Sum(options, logps, otherLength, edits ?? []);

    private static float[] Logps(JsonElement inputs, string side) => [.. Numbers(inputs.GetProperty(side + "_token_logps")).Select(l => (float)l)];
}
