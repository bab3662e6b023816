using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

public sealed class LowessTests
{
    private static readonly Gen<(double X, double Y)[]> AnyPoints =
        Gen.Select(Gen.Int[0, 12], Gen.Double[-5, 5], (x, y) => ((double)x, y)).Array[0, 40];

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void A_straight_line_is_reproduced(double fraction)
    {
        double[] x = [7, 0, 1, 2, 2, 3, 10, 11, 11, 50, 51, 3];
        AssertCurve([.. x.Distinct().Order().Select(at => (at, 3 - 0.25 * at))], Lowess.Smooth(x, [.. x.Select(at => 3 - 0.25 * at)], fraction));
    }

    [Fact]
    public void A_constant_stays_and_nothing_gives_nothing()
    {
        AssertCurve([(1, 4), (2, 4), (9, 4)], Lowess.Smooth([2, 9, 1, 1], [4, 4, 4, 4], 0.5));
        AssertCurve([(1, 0), (2, 0)], Lowess.Smooth([1, 2], [0, 0], 1));
        AssertCurve([(3, -7)], Lowess.Smooth([3], [-7], 0.1));
        Assert.Empty(Lowess.Smooth([], [], 0.5));
    }

    /// <summary>At 0 the four nearest are 0, 1, 2 and 4, whose distances by the farthest are 0, 1/4, 1/2 and 1.</summary>
    [Fact]
    public void Points_weigh_by_the_tricube_of_their_distance()
    {
        double[] w = [1, Math.Pow(1 - 1.0 / 64, 3), Math.Pow(1 - 1.0 / 8, 3)];
        // Least squares of (0, 0), (1, 0), (2, 1) by the normal equations, read at 0.
        var (s, sx, sxx, sy, sxy) = (w[0] + w[1] + w[2], w[1] + 2 * w[2], w[1] + 4 * w[2], w[2], 2 * w[2]);
        var intercept = (sxx * sy - sx * sxy) / (s * sxx - sx * sx);
        var curve = Lowess.Smooth([0, 1, 2, 4, 100, 101, 102, 103], [0, 0, 1, 9, 0, 0, 0, 0], 0.5, iterations: 0);
        Assert.Equal(0, curve[0].X);
        Assert.Equal(intercept, curve[0].Y, 12);
        Assert.True(intercept < -0.05);
    }

    /// <summary>All at one x: the fit is a mean, so that the weights of the second fit can be written down.</summary>
    [Fact]
    public void Points_far_off_the_curve_weigh_less_by_the_bisquare_of_six_medians()
    {
        double[] y = [0, 0, 1, 2, 97];
        const double mean = 20;
        const double median = 20; // of 20, 20, 19, 18, 77
        var weights = y.Select(value => Math.Pow(1 - Math.Pow((value - mean) / (6 * median), 2), 2)).ToArray();
        var expected = weights.Zip(y, (w, value) => w * value).Sum() / weights.Sum();
        AssertCurve([(5, mean)], Lowess.Smooth([5, 5, 5, 5, 5], y, 0.5, iterations: 0));
        AssertCurve([(5, expected)], Lowess.Smooth([5, 5, 5, 5, 5], y, 0.5, iterations: 1));
        Assert.True(expected < 12);
    }

    [Fact]
    public void One_outlier_on_a_line_ends_up_without_weight()
    {
        double[] x = [.. Enumerable.Range(0, 21)];
        double[] y = [.. x.Select(at => 2 * at + 1 + (at == 10 ? 40 : 0))];
        Assert.True(Lowess.Smooth(x, y, 0.5, iterations: 0)[10].Y > 24);
        AssertCurve([.. x.Select(at => (at, 2 * at + 1))], Lowess.Smooth(x, y, 0.5));
    }

    [Fact]
    public void A_place_with_more_points_than_a_neighbourhood_counts_them_all() =>
        AssertCurve([(1, 3), (9, 7)], Lowess.Smooth([1, 1, 1, 1, 9, 9, 9, 9], [0, 4, 2, 6, 7, 7, 7, 7], 0.25, iterations: 0));

    [Fact]
    public void A_place_whose_points_lost_all_weight_keeps_its_fit_of_before() =>
        AssertCurve([(1, 0), (100, 15)], Lowess.Smooth([100, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 100], [10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20], 0.1));

    [Fact]
    public void The_order_of_the_points_does_not_matter_to_the_last_bit() => Gen.Select(AnyPoints, Gen.Double[0.01, 1], Gen.ULong).Sample((points, fraction, seed) =>
    {
        var permuted = ((double X, double Y)[])points.Clone();
        new SeededRandom(seed).Shuffle<(double X, double Y)>(permuted);
        Assert.Equal(Smooth(points, fraction), Smooth(permuted, fraction));
    });

    [Fact]
    public void Every_different_x_has_one_finite_fit_in_order() => Gen.Select(AnyPoints, Gen.Double[0.01, 1]).Sample((points, fraction) =>
    {
        var curve = Smooth(points, fraction);
        Assert.Equal(points.Select(p => p.X).Distinct().Order(), curve.Select(p => p.X));
        Assert.All(curve, p => Assert.True(double.IsFinite(p.Y)));
    });

    [Fact]
    public void A_fit_follows_a_change_of_scale() => Gen.Select(AnyPoints, Gen.Double[0.01, 1]).Sample((points, fraction) =>
        Assert.Equal(Smooth(points, fraction).Select(p => 4 * p.Y), Smooth([.. points.Select(p => (p.X, 4 * p.Y))], fraction).Select(p => p.Y)));

    [Theory]
    [InlineData(0)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void A_fraction_out_of_range_is_refused(double fraction) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Lowess.Smooth([1, 2], [1, 2], fraction));

    private static (double X, double Y)[] Smooth((double X, double Y)[] points, double fraction) =>
        [.. Lowess.Smooth([.. points.Select(p => p.X)], [.. points.Select(p => p.Y)], fraction)];

    private static void AssertCurve((double X, double Y)[] expected, IReadOnlyList<(double X, double Y)> actual)
    {
        Assert.Equal(expected.Select(p => p.X), actual.Select(p => p.X));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Y, pair.Second.Y, 1e-9));
    }
}
