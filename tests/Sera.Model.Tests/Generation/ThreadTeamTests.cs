using Sera.Model.Generation.Cpu;
using Xunit;

namespace Sera.Model.Tests.Generation;

public sealed class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void What_one_wrote_before_the_meeting_all_see_after_it(int size)
    {
        using var team = new ThreadTeam(size);
        var written = new int[size];
        for (var run = 0; run < 200; run++)
        {
            var seen = new int[size];
            team.Run(thread =>
            {
                for (var round = 1; round <= 5; round++)
                {
                    written[thread] = run * 10 + round;
                    team.Meet();
                    if (Enumerable.Range(0, size).All(other => written[other] == run * 10 + round)) seen[thread]++;
                    team.Meet();
                }
            });
            Assert.All(seen, count => Assert.Equal(5, count));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_failure_of_one_comes_out_and_the_team_goes_on(int failing)
    {
        using var team = new ThreadTeam(3);
        for (var run = 0; run < 20; run++)
        {
            var failure = Assert.Throws<NotFiniteNumberException>(() => team.Run(thread =>
            {
                team.Meet();
                if (thread == failing) throw new NotFiniteNumberException("as it happens");
                team.Meet();
            }));
            Assert.Equal("as it happens", failure.Message);
            var done = 0;
            team.Run(_ =>
            {
                team.Meet();
                Interlocked.Increment(ref done);
            });
            Assert.Equal(3, done);
        }
    }

    [Theory]
    [InlineData(1, 100, 16)]
    [InlineData(2, 100, 16)]
    [InlineData(3, 7, 1)]
    [InlineData(4, 3, 16)]
    [InlineData(5, 0, 4)]
    public void Parts_cover_a_range_once_and_are_cut_at_the_grain(int size, long count, long grain)
    {
        using var team = new ThreadTeam(size);
        var next = 0L;
        for (var thread = 0; thread < size; thread++)
        {
            var (first, end) = team.Part(thread, count, grain);
            Assert.Equal(next, first);
            Assert.True(end == count || end % grain == 0);
            next = end;
        }
        Assert.Equal(count, next);
    }

    [Fact]
    public void A_team_that_slept_wakes()
    {
        using var team = new ThreadTeam(3);
        for (var run = 0; run < 3; run++)
        {
            var done = 0;
            team.Run(_ => Interlocked.Increment(ref done));
            Assert.Equal(3, done);
            // Long enough for a thread that spins and yields to go to sleep; the test holds whether it did or not.
            Thread.Sleep(50);
        }
    }
}
