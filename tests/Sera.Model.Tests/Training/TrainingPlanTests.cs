using CsCheck;
using Sera.Model.Training;
using Xunit;

namespace Sera.Model.Tests.Training;

public sealed class TrainingPlanTests
{
    [Fact]
    public void Ten_examples_in_steps_of_four_make_three_steps_an_epoch()
    {
        var plan = new TrainingPlan(10, 2, 4, 1);
        Assert.Equal(3, plan.StepsPerEpoch);
        Assert.Equal(6, plan.TotalSteps);
        Assert.Equal([4, 4, 2, 4, 4, 2], Enumerable.Range(0, 6).Select(k => plan.Step(k).Length));
    }

    [Fact]
    public void Every_epoch_holds_every_example_once() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 4], Gen.Int[1, 20], Gen.ULong).Sample((count, epochs, perStep, seed) =>
        {
            var plan = new TrainingPlan(count, epochs, perStep, seed);
            for (var epoch = 0; epoch < epochs; epoch++)
            {
                var steps = Enumerable.Range(epoch * plan.StepsPerEpoch, plan.StepsPerEpoch).SelectMany(k => plan.Step(k));
                Assert.Equal(Enumerable.Range(0, count), steps.Order());
            }
        });

    [Fact]
    public void A_step_does_not_depend_on_the_steps_asked_before()
    {
        var walked = new TrainingPlan(23, 3, 5, 42);
        var all = Enumerable.Range(0, walked.TotalSteps).Select(k => walked.Step(k)).ToArray();
        foreach (var k in new[] { 14, 3, 9, 0 }) Assert.Equal(all[k].AsEnumerable(), new TrainingPlan(23, 3, 5, 42).Step(k));
        foreach (var k in new[] { 14, 3, 9, 0 }) Assert.Equal(all[k].AsEnumerable(), walked.Step(k));
    }

    [Fact]
    public void Epochs_and_seeds_differ_in_order()
    {
        var plan = new TrainingPlan(50, 2, 50, 1);
        Assert.NotEqual(plan.Step(0).AsEnumerable(), plan.Step(1));
        Assert.NotEqual(plan.Step(0).AsEnumerable(), new TrainingPlan(50, 2, 50, 2).Step(0));
    }
}
