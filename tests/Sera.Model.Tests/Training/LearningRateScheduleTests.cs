using Sera.Model.Training;
using Xunit;

namespace Sera.Model.Tests.Training;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void Rises_in_equal_parts_to_the_peak_then_falls_by_cosine()
    {
        // Ten steps, two of them warm: 1/2, 1, then (1 + cos(pi j / 8)) / 2 for j = 0 .. 7.
        var schedule = new LearningRateSchedule(2.0, 0.2, 10);
        Assert.Equal(1.0, schedule.At(0), 12);
        Assert.Equal(2.0, schedule.At(1), 12);
        Assert.Equal(2.0, schedule.At(2), 12);
        Assert.Equal(1 + Math.Cos(Math.PI / 8), schedule.At(3), 12);
        Assert.Equal(1.0, schedule.At(6), 12);
        Assert.Equal(1 + Math.Cos(Math.PI * 7 / 8), schedule.At(9), 12);
    }

    [Theory]
    [InlineData(0.0, 7, 0)]
    [InlineData(0.1, 10, 1)]
    [InlineData(0.1, 11, 2)]
    [InlineData(0.1, 1, 1)]
    [InlineData(1.0, 5, 5)]
    public void Warmup_is_rounded_up_to_whole_steps(double fraction, int total, int expected) =>
        Assert.Equal(expected, new LearningRateSchedule(1, fraction, total).WarmupSteps);

    [Fact]
    public void Every_step_has_a_positive_rate_and_there_are_no_others()
    {
        foreach (var warmup in new[] { 0.0, 0.1, 1.0 })
        {
            var schedule = new LearningRateSchedule(1e-3, warmup, 13);
            for (var step = 0; step < 13; step++) Assert.InRange(schedule.At(step), 1e-9, 1e-3);
            Assert.Throws<ArgumentOutOfRangeException>(() => schedule.At(13));
            Assert.Throws<ArgumentOutOfRangeException>(() => schedule.At(-1));
        }
    }
}
