using Sera.Model.Alignment;
using Sera.Model.Generation;
using Xunit;

namespace Sera.Model.Tests.Generation;

public sealed class SamplerTests
{
    // Probabilities .5, .25, .125, .125 at temperature 1.
    private static readonly float[] Halves = [MathF.Log(4), MathF.Log(2), 0, 0];

    [Fact]
    public void Temperature_zero_takes_the_largest_logit_and_the_lower_id_of_equals()
    {
        var sampler = new Sampler(Options(temperature: 0), 5);
        Assert.Equal(1, sampler.Draw([0, 3, 2, 3, 3], 0.99));
        Assert.Equal(4, sampler.Draw([-9, -8, -7, -6, -5], 0));
    }

    [Fact]
    public void The_largest_logit_is_found_wherever_it_stands_in_a_long_row()
    {
        var sampler = new Sampler(Options(temperature: 0), 67);
        for (var at = 0; at < 67; at++)
        {
            var row = new float[67];
            row[at] = 1;
            if (at < 66) row[66] = 1;
            Assert.Equal(at, sampler.Draw(row, 0.5));
        }
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.49, 0)]
    [InlineData(0.51, 1)]
    [InlineData(0.74, 1)]
    [InlineData(0.76, 2)]
    [InlineData(0.874, 2)]
    [InlineData(0.876, 3)]
    [InlineData(0.9999999, 3)]
    public void The_whole_distribution_is_walked_in_id_order(double u, int expected) =>
        Assert.Equal(expected, new Sampler(Options(), 4).Draw(Halves, u));

    [Fact]
    public void Temperature_two_flattens()
    {
        // Weights 2, sqrt 2, 1, 1 over 5.41421: the first ends at .36940, the second at .63060.
        var sampler = new Sampler(Options(temperature: 2), 4);
        Assert.Equal(0, sampler.Draw(Halves, 0.3693));
        Assert.Equal(1, sampler.Draw(Halves, 0.3695));
        Assert.Equal(1, sampler.Draw(Halves, 0.6305));
        Assert.Equal(2, sampler.Draw(Halves, 0.6307));
    }

    [Fact]
    public void Top_k_keeps_the_k_most_likely_and_the_lower_id_of_equals()
    {
        // Of ids 3 and 0 with weights 4 and 2: two thirds and one third; id 1 equals id 0 but comes later.
        var sampler = new Sampler(Options(topK: 2), 4);
        float[] row = [MathF.Log(2), MathF.Log(2), 0, MathF.Log(4)];
        Assert.Equal(3, sampler.Draw(row, 0.66));
        Assert.Equal(0, sampler.Draw(row, 0.67));
        Assert.Equal(0, sampler.Draw(row, 0.999999));
    }

    [Fact]
    public void Top_p_keeps_the_shortest_prefix_that_holds_p()
    {
        // .5 + .25 >= .7 and .5 < .7: two tokens, renormalised to 2/3 and 1/3.
        var sampler = new Sampler(Options(topP: 0.7), 4);
        Assert.Equal(0, sampler.Draw(Halves, 0.66));
        Assert.Equal(1, sampler.Draw(Halves, 0.67));
        Assert.Equal(1, sampler.Draw(Halves, 0.999999));
        Assert.Equal(0, new Sampler(Options(topP: 0.0001), 4).Draw(Halves, 0.999999));
    }

    [Fact]
    public void Top_p_counts_the_mass_that_top_k_left()
    {
        // Top-3 leaves 4/7, 2/7, 1/7; .6 needs two of them, .5 only one.
        Assert.Equal(1, new Sampler(Options(topK: 3, topP: 0.6), 4).Draw(Halves, 0.9));
        Assert.Equal(0, new Sampler(Options(topK: 3, topP: 0.5), 4).Draw(Halves, 0.9));
    }

    [Theory]
    [InlineData(1.0, 0, 1.0)]
    [InlineData(0.7, 0, 0.95)]
    [InlineData(1.3, 5, 0.9)]
    public void Draws_follow_the_distribution(double temperature, int topK, double topP)
    {
        const int draws = 20000;
        const int n = 11;
        var row = Enumerable.Range(0, n).Select(i => (float)Math.Sin(i * 2.7) * 2).ToArray();
        var expected = Reference(row, temperature, topK, topP);
        var sampler = new Sampler(Options(temperature, topP, topK), n);
        var random = new Random(7);
        var counts = new int[n];
        for (var i = 0; i < draws; i++) counts[sampler.Draw(row, random.NextDouble())]++;
        var chiSquare = 0.0;
        for (var i = 0; i < n; i++)
        {
            if (expected[i] == 0) Assert.Equal(0, counts[i]);
            else chiSquare += Math.Pow(counts[i] - draws * expected[i], 2) / (draws * expected[i]);
        }
        // 99.9 % point of chi-square with 10 degrees of freedom; fewer degrees lie below it.
        Assert.True(chiSquare < 29.6, $"chi-square {chiSquare}");
    }

    [Fact]
    public void A_large_vocabulary_gives_the_same_token_as_a_full_sort()
    {
        var random = new Random(3);
        var row = Enumerable.Range(0, 4099).Select(_ => (float)(random.NextDouble() * 12)).ToArray();
        foreach (var (topK, topP) in new[] { (0, 0.9), (50, 1.0), (50, 0.8), (4098, 0.99), (5000, 0.5) })
        {
            var order = Enumerable.Range(0, row.Length).OrderByDescending(i => row[i]).ThenBy(i => i).ToArray();
            var expected = Reference(row, 0.8, topK, topP);
            var sampler = new Sampler(Options(0.8, topP, topK), row.Length);
            foreach (var u in new[] { 0.001, 0.2, 0.5, 0.77, 0.95 })
            {
                var sum = 0.0;
                var token = order.First(i => (sum += expected[i]) > u);
                Assert.Equal(token, sampler.Draw(row, u));
            }
        }
    }

    [Fact]
    public void A_row_with_a_nan_is_refused()
    {
        var row = new float[40];
        row[17] = float.NaN;
        Assert.Throws<NotFiniteNumberException>(() => new Sampler(Options(), 40).Draw(row, 0.5));
        row[17] = float.PositiveInfinity;
        Assert.Throws<NotFiniteNumberException>(() => new Sampler(Options(temperature: 0), 40).Draw(row, 0.5));
    }

    [Fact]
    public void Minus_infinity_is_never_drawn()
    {
        var sampler = new Sampler(Options(), 3);
        float[] row = [float.NegativeInfinity, 0, float.NegativeInfinity];
        Assert.Equal(1, sampler.Draw(row, 0));
        Assert.Equal(1, sampler.Draw(row, 0.9999999999999999));
    }

    /// <summary>The probabilities by a full sort in double precision.</summary>
    private static double[] Reference(float[] row, double temperature, int topK, double topP)
    {
        var order = Enumerable.Range(0, row.Length).OrderByDescending(i => row[i]).ThenBy(i => i).ToList();
        if (topK > 0) order = order.Take(topK).ToList();
        var mass = order.Sum(i => Math.Exp(row[i] / temperature));
        var kept = new List<int>();
        var held = 0.0;
        foreach (var i in order)
        {
            if (kept.Count > 0 && held >= topP * mass) break;
            kept.Add(i);
            held += Math.Exp(row[i] / temperature);
        }
        var p = new double[row.Length];
        foreach (var i in kept) p[i] = Math.Exp(row[i] / temperature) / held;
        return p;
    }

    private static SamplingOptions Options(double temperature = 1, double topP = 1, int topK = 0) => new(temperature, topP, topK, 16, []);
}
