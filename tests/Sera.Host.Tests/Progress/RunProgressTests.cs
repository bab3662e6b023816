using Sera.Host.Progress;
using Xunit;

namespace Sera.Host.Tests.Progress;

public sealed class RunProgressTests
{
    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    [Fact]
    public void Rate_and_time_left_follow_from_the_first_and_the_last_update()
    {
        var progress = new RunProgress();
        progress.Add(1, "generate", 0, 64, 0, Seconds(10));
        progress.Add(1, "generate", 16, 64, 8000, Seconds(14));
        Assert.Equal("generate 16/64, 2,000 tokens/s, 0:12 left", RunProgress.Describe(progress.Phases.Single()));
    }

    [Fact]
    public void What_was_done_before_a_resume_counts_for_no_rate()
    {
        var progress = new RunProgress();
        progress.Add(2, "train", 50, 100, 0, Seconds(0));
        Assert.Null(progress.Phases.Single().Left);
        progress.Add(2, "train", 60, 100, 0, Seconds(5));
        Assert.Equal(Seconds(20), progress.Phases.Single().Left);
    }

    [Fact]
    public void A_new_round_forgets_what_is_finished_of_the_one_before_and_keeps_the_rest()
    {
        var progress = new RunProgress();
        progress.Add(1, "train", 5, 5, 1, Seconds(0));
        progress.Add(1, "evaluate", 0, 1, 0, Seconds(1));
        progress.Add(2, "score", 1, 5, 1, Seconds(1));
        progress.Add(1, "evaluate", 1, 1, 0, Seconds(2));
        Assert.Equal([(1, "evaluate"), (2, "score")], progress.Phases.Select(phase => (phase.Round, phase.Kind)));
    }

    [Theory]
    [InlineData(5, "0:05")]
    [InlineData(725, "12:05")]
    [InlineData(3723, "1:02:03")]
    public void Times_are_short(double seconds, string text) => Assert.Equal(text, RunProgress.Short(Seconds(seconds)));
}
