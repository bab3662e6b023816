using CsCheck;
using Sera.Host.Runs;
using Xunit;

namespace Sera.Host.Tests.Runs;

public sealed class RunIdTests
{
    [Fact]
    public void Ids_sort_as_their_times_do() =>
        Gen.Select(Gen.Long[0, 1L << 44], Gen.Long[0, 1L << 44]).Sample((a, b) =>
            Math.Sign(string.CompareOrdinal(Id(a), Id(b))) == Math.Sign(a.CompareTo(b)));

    [Fact]
    public void The_suffix_is_what_follows_the_last_hyphen() => Assert.Equal(9, RunId.Suffix(RunId.New("my-run", DateTimeOffset.UnixEpoch)).Length);

    private static string Id(long milliseconds) => RunId.New("run", DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
}
