using CsCheck;
using Sera.Host.Configuration;
using Xunit;

namespace Sera.Host.Tests.Configuration;

public sealed class NearestKeyTests
{
    [Theory]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    [InlineData("seed", "seed", 0)]
    [InlineData("sead", "seed", 1)]
    public void Distances_by_hand(string a, string b, int distance) => Assert.Equal(distance, NearestKey.Distance(a, b));

    [Fact]
    public void Distance_is_symmetric_and_at_least_the_difference_of_lengths() =>
        Gen.Select(Gen.String[Gen.Char["abc"], 0, 8], Gen.String[Gen.Char["abc"], 0, 8]).Sample((a, b) =>
            NearestKey.Distance(a, b) == NearestKey.Distance(b, a)
            && NearestKey.Distance(a, b) >= Math.Abs(a.Length - b.Length)
            && NearestKey.Distance(a, b) == 0 == (a == b));
}
