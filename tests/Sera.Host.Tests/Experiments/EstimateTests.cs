using Sera.Host.Experiments;
using Xunit;

namespace Sera.Host.Tests.Experiments;

public sealed class EstimateTests
{
    [Fact]
    public void Three_values_by_hand()
    {
        // Deviations -1, 0, 1: variance 2 / 2, standard error sqrt(1 / 3), t with 2 degrees of freedom 4.302653.
        var estimate = Estimate.Of([0.6, 1.6, 2.6])!;
        Assert.Equal((3, 1.6), (estimate.Count, Math.Round(estimate.Mean, 12)));
        Assert.Equal(4.302653 / Math.Sqrt(3), estimate.HalfWidth!.Value, 6);
        Assert.Equal(1.6 - 2.484138, estimate.Low, 6);
        Assert.Equal(1.6 + 2.484138, estimate.High, 6);
    }

    [Fact]
    public void Five_values_by_hand()
    {
        // Mean 6, deviations -4, -2, 0, 2, 4: variance 40 / 4, standard error sqrt(2), t with 4 degrees of freedom 2.776445.
        var estimate = Estimate.Of([2, 4, 6, 8, 10])!;
        Assert.Equal(6, estimate.Mean);
        Assert.Equal(2.776445 * Math.Sqrt(2), estimate.HalfWidth!.Value, 5);
    }

    [Fact]
    public void One_value_has_no_interval_and_none_has_no_mean()
    {
        Assert.Equal(new Estimate(1, 3, null), Estimate.Of([3.0]));
        Assert.Null(Estimate.Of([]));
    }

    [Theory]
    [InlineData(0.5432, 0.0123, "54.3 ± 1.2 %", "+54.3 ± 1.2 points")]
    [InlineData(-0.05, 0.1, "-5.0 ± 10.0 %", "-5.0 ± 10.0 points")]
    public void Shares_are_percent_and_their_differences_points(double mean, double half, string share, string difference)
    {
        var estimate = new Estimate(5, mean, half);
        Assert.Equal(share, EstimateText.Of(estimate, FigureUnit.Share));
        Assert.Equal(difference, EstimateText.Difference(estimate, FigureUnit.Share));
    }

    [Theory]
    [InlineData(4.7142, 0.0312, "4.714 ± 0.031")]
    [InlineData(47.142, 0.312, "47.14 ± 0.31")]
    [InlineData(0.001, 3.2, "0.001 ± 3.200")]
    [InlineData(0.00012, 0.00003, "1.20e-4 ± 3.00e-5")]
    [InlineData(0, 0, "0.000 ± 0.000")]
    public void Both_numbers_of_a_cell_have_the_same_digits(double mean, double half, string expected) =>
        Assert.Equal(expected, EstimateText.Of(new Estimate(3, mean, half), FigureUnit.Number));

    [Fact]
    public void Counts_dashes_and_what_is_not_finite()
    {
        Assert.Equal("6,475 ± 12", EstimateText.Of(new Estimate(3, 6475.3, 11.6), FigureUnit.Count));
        Assert.Equal("7.5", EstimateText.Of(new Estimate(1, 7.5, null), FigureUnit.Count));
        Assert.Equal("–", EstimateText.Of(null, FigureUnit.Share));
        Assert.Equal("not finite", EstimateText.Of(Estimate.Of([1, double.NaN]), FigureUnit.Number));
    }
}
