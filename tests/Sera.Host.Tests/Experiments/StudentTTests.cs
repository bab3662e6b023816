using CsCheck;
using Sera.Host.Experiments;
using Xunit;

namespace Sera.Host.Tests.Experiments;

public sealed class StudentTTests
{
    /// <summary>From the printed tables: two-sided 95 %.</summary>
    [Theory]
    [InlineData(1, 12.7062)]
    [InlineData(2, 4.3027)]
    [InlineData(3, 3.1824)]
    [InlineData(4, 2.7764)]
    [InlineData(5, 2.5706)]
    [InlineData(6, 2.4469)]
    [InlineData(9, 2.2622)]
    [InlineData(10, 2.2281)]
    [InlineData(15, 2.1314)]
    [InlineData(20, 2.0860)]
    [InlineData(29, 2.0452)]
    [InlineData(30, 2.0423)]
    [InlineData(60, 2.0003)]
    [InlineData(120, 1.9799)]
    [InlineData(100_000, 1.9600)]
    public void Quantiles_are_those_of_the_tables(int freedom, double expected) => Assert.Equal(expected, StudentT.Central95(freedom), 4);

    /// <summary>One degree of freedom is Cauchy's, 2 atan(t) / pi; with two it is t / sqrt(2 + t^2).</summary>
    [Fact]
    public void Few_degrees_of_freedom_by_hand()
    {
        Assert.Equal(0.5, StudentT.Within(1, 1), 12);
        Assert.Equal(1 / Math.Sqrt(3), StudentT.Within(1, 2), 12);
        Assert.Equal(0, StudentT.Within(0, 5));
    }

    [Fact]
    public void It_rises_with_the_value_and_with_the_degrees_of_freedom() => Gen.Select(Gen.Double[0, 20], Gen.Double[0.001, 5], Gen.Int[1, 60]).Sample((value, more, freedom) =>
        StudentT.Within(value, freedom) < StudentT.Within(value + more, freedom) + 1e-12
        && StudentT.Within(value, freedom) <= StudentT.Within(value, freedom + 1) + 1e-12
        && StudentT.Within(value, freedom) is >= 0 and <= 1 + 1e-12);
}
