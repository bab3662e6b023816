using System.Text.Json;
using CsCheck;
using Sera.Model.Models;
using Sera.Model.Tests.Alignment;
using Xunit;

namespace Sera.Model.Tests.Models;

public sealed class WeightSumTests
{
    private static readonly Gen<float[]> AnyWeights = Gen.Float[-100, 100].Array[5];

    [SharedFact]
    public void Extrapolation_matches_the_vectors()
    {
        var vectors = UtilityVectors.Named("expo");
        Assert.Equal(2, vectors.Count);
        foreach (var vector in vectors)
        {
            var inputs = vector.GetProperty("inputs");
            var a = vector.GetProperty("params").GetProperty("alpha").GetDouble();
            AssertClose(vector, Sum(WeightSum.Extrapolation(a), Floats(inputs.GetProperty("theta_dpo")), Floats(inputs.GetProperty("theta_sft"))));
        }
    }

    [SharedFact]
    public void The_updated_reference_matches_the_vector()
    {
        var vector = Assert.Single(UtilityVectors.Named("tr_dpo_soft_update"));
        var (inputs, alpha) = (vector.GetProperty("inputs"), vector.GetProperty("params").GetProperty("alpha").GetDouble());
        var updated = Sum(WeightSum.Mix(alpha), Floats(inputs.GetProperty("theta_policy")), Floats(inputs.GetProperty("theta_ref")));
        var expected = vector.GetProperty("expected").GetProperty("theta_ref_new").EnumerateArray().Select(e => e.GetDouble()).ToArray();
        Assert.Equal(expected.Length, updated.Length);
        Assert.All(expected.Zip(updated), pair => Assert.Equal(pair.First, pair.Second, 6));
    }

    [SharedFact]
    public void The_average_matches_the_vector()
    {
        var vector = Assert.Single(UtilityVectors.Named("warm_average"));
        float[][] members = [.. vector.GetProperty("inputs").GetProperty("members").EnumerateArray().Select(Floats)];
        AssertClose(vector, Sum(WeightSum.Average(members.Length), members));
    }

    [Fact]
    public void Hand_computed_sums()
    {
        Assert.Equal([4, -2.5f], Sum(WeightSum.Extrapolation(0.5), [3, -2], [1, -1]));
        Assert.Equal([2, 1], Sum(WeightSum.Average(3), [0, 1], [2, 1], [4, 1]));
    }

    [Fact]
    public void What_is_the_same_in_all_policies_stays_to_the_last_bit() => Gen.Select(AnyWeights, Gen.Double[0.001, 25], Gen.Int[1, 9]).Sample((weights, a, policies) =>
    {
        Assert.Equal(weights, Sum(WeightSum.Extrapolation(a), weights, weights));
        Assert.Equal(weights, Sum(WeightSum.Average(policies), [.. Enumerable.Repeat(weights, policies)]));
    });

    [Fact]
    public void Extrapolating_goes_on_in_the_direction_of_training() => Gen.Select(AnyWeights, AnyWeights, Gen.Double[0.001, 2]).Sample((trained, start, a) =>
    {
        var further = Sum(WeightSum.Extrapolation(a), trained, start);
        for (var i = 0; i < further.Length; i++)
            Assert.Equal(a * ((double)trained[i] - start[i]), (double)further[i] - trained[i], 1e-4);
    });

    [Fact]
    public void A_sum_that_is_not_finite_is_told_and_lengths_must_agree()
    {
        Assert.False(WeightSum.Round([1, 1e39, 2], new float[3]));
        Assert.True(WeightSum.Round([1, -1e38], new float[2]));
        Assert.Throws<ArgumentException>(() => WeightSum.Add(new double[2], new float[3], 1));
        Assert.Throws<ArgumentException>(() => WeightSum.Round(new double[2], new float[3]));
    }

    private static float[] Sum(IReadOnlyList<double> factors, params float[][] policies)
    {
        var sum = new double[policies[0].Length];
        foreach (var (weights, factor) in policies.Zip(factors)) WeightSum.Add(sum, weights, factor);
        var rounded = new float[sum.Length];
        Assert.True(WeightSum.Round(sum, rounded));
        return rounded;
    }

    private static float[] Floats(JsonElement array) => [.. UtilityVectors.Numbers(array).Select(n => (float)n)];

    private static void AssertClose(JsonElement vector, float[] found)
    {
        var expected = UtilityVectors.Numbers(vector.GetProperty("expected").GetProperty("theta"));
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * Math.Max(0.01, Math.Abs(pair.First))));
    }
}
