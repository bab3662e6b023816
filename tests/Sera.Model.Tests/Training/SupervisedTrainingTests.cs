using System.Collections.Immutable;
using Sera.Benchmarks.Naive;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Training;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Training;

public sealed class SupervisedTrainingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_training_stopped_between_checkpoints_resumes_to_the_same_file(bool lora)
    {
        using var straight = new TempFolder();
        using var broken = new TempFolder();
        var expected = Run(Open(straight, lora, resume: false));
        using (var stopped = Open(broken, lora, resume: false))
            for (var step = 0; step < 8; step++) Assert.True(stopped.Advance());
        var resumed = Open(broken, lora, resume: true);
        Assert.Equal(6, resumed.StepsTaken);
        var result = Run(resumed);
        Assert.Equal(lora, result.IsAdapter);
        Assert.Equal(File.ReadAllBytes(expected.TrainedFile), File.ReadAllBytes(result.TrainedFile));
        Assert.Equal(expected.Steps.Skip(6).Select(s => s.Loss), result.Steps.Select(s => s.Loss));
        // Resumed once more, the finished training only writes its result again.
        var again = Run(Open(broken, lora, resume: true));
        Assert.Empty(again.Steps);
        Assert.Equal(File.ReadAllBytes(expected.TrainedFile), File.ReadAllBytes(again.TrainedFile));
    }

    [Fact]
    public void A_state_of_other_examples_or_another_start_is_refused()
    {
        using var folder = new TempFolder();
        using (Open(folder, false, resume: false)) { }
        Run(Open(folder, false, resume: false));
        Assert.Throws<InputException>(() => Open(folder, false, resume: true, rows: Rows(11)));
        Assert.Throws<InputException>(() => Open(folder, false, resume: true, digest: "another"));
        Assert.Throws<InputException>(() => Open(folder, true, resume: true));
        using var anew = Open(folder, false, resume: false, rows: Rows(11));
        Assert.Equal(0, anew.StepsTaken);
    }

    [Fact]
    public void The_loss_is_the_mean_over_the_tokens_learned()
    {
        ImmutableArray<TokenGroup> groups = [new("a", [1, 5], [[6, 7, 2]]), new("b", [1], [[9]])];
        using var policy = GoldenTraining.Full();
        double sum = 0;
        foreach (var group in groups) sum -= new NaiveLlama(policy.Model).LogpOf(group.Prompt, group.Responses[0]);
        Assert.Equal(sum / 4, SupervisedGradient.Add(policy, groups, 4096).Loss, 1e-5);
        Assert.Equal(sum / 4, SupervisedGradient.Add(policy, groups, 1).Loss, 1e-5);
    }

    [Fact]
    public void From_fresh_weights_it_learns_prompt_and_response()
    {
        using var folder = new TempFolder();
        var rows = Enumerable.Range(0, 24).Select(i => new SupervisedRow($"r{i}", [1, 5, 6, 7 + i % 3], [8, 9, 2])).ToArray();
        var options = new SupervisedOptions(new TrainingOptions(null, 20, 2e-2, 0.1, 0.01, 1, 8, 4096, 1000), true, 5);
        var result = Run(new SupervisedTraining(StartingPolicy.Random(GoldenTraining.Config, 1, CPU), "fresh-1", rows, options, folder.Path, false));
        // Six learned tokens, of which one has three equally likely values: ln 3 / 6 is the least there is.
        Assert.InRange(result.Steps[^1].Loss, Math.Log(3) / 6 - 1e-3, 0.3);
        Assert.InRange(result.Steps[0].Loss, 2.5, 4);
    }

    [Fact]
    public void The_same_seed_draws_the_same_weights()
    {
        using var a = StartingPolicy.Random(GoldenTraining.Config, 1, CPU);
        using var b = StartingPolicy.Random(GoldenTraining.Config, 1, CPU);
        using var c = StartingPolicy.Random(GoldenTraining.Config, 2, CPU);
        Assert.Equal(a.Parameters.Flat.data<float>().ToArray(), b.Parameters.Flat.data<float>().ToArray());
        Assert.NotEqual(a.Parameters.Flat.data<float>().ToArray(), c.Parameters.Flat.data<float>().ToArray());
    }

    private static SupervisedRow[] Rows(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 20).Select(i => new SupervisedRow($"r{i}", Some(1, 6), Some(1, 8)))];

        ImmutableArray<int> Some(int least, int below) => [.. Enumerable.Range(0, random.Next(least, below)).Select(_ => random.Next(3, 24))];
    }

    private static SupervisedTraining Open(TempFolder folder, bool lora, bool resume, SupervisedRow[]? rows = null, string digest = "golden") => new(
        GoldenTraining.Start(), digest, rows ?? Rows(10),
        new SupervisedOptions(new TrainingOptions(lora ? new LoraOptions(2, 4, ["q_proj", "up_proj"]) : null, 2, 1e-2, 0.1, 0.01, 1, 4, 24, 3), false, 8),
        folder.Path, resume);

    private static SupervisedResult Run(SupervisedTraining training)
    {
        using (training)
        {
            while (training.Advance())
            {
            }
            Assert.Equal(training.Progress.Total, training.Progress.Done);
            return training.Result;
        }
    }
}
