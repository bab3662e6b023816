using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Rewards;
using Sera.Model.Tests.Training;
using Xunit;

namespace Sera.Model.Tests.Rewards;

public sealed class RewardTrainingTests
{
    [Theory]
    [InlineData("full")]
    [InlineData("lora")]
    [InlineData("head")]
    public void A_training_stopped_between_checkpoints_resumes_to_the_same_file(string mode)
    {
        using var straight = new TempFolder();
        using var broken = new TempFolder();
        var expected = Run(Open(straight, mode, resume: false));
        using (var stopped = Open(broken, mode, resume: false))
            for (var step = 0; step < 8; step++) Assert.True(stopped.Advance());
        var resumed = Open(broken, mode, resume: true);
        Assert.Equal(6, resumed.StepsTaken);
        Assert.Equal(File.ReadAllBytes(expected), File.ReadAllBytes(Run(resumed)));
    }

    [Fact]
    public void A_state_of_other_bounds_is_refused()
    {
        using var folder = new TempFolder();
        Run(Open(folder, "head", resume: false));
        Assert.Throws<InputException>(() => Open(folder, "head", resume: true, bound: 2));
    }

    /// <summary>Chosen ends with an even token, rejected with an odd one.</summary>
    [Theory]
    [InlineData("full")]
    [InlineData("lora")]
    public void It_learns_to_rank_pairs_it_has_not_seen(string mode)
    {
        using var folder = new TempFolder();
        var pairs = Enumerable.Range(0, 60).Select(i => new RewardPair($"p{i}", [1, 3 + i % 9], [5 + i % 7, 4 + 2 * (i % 6)], [5 + i % 5, 5 + 2 * (i % 6)])).ToImmutableArray();
        var lora = mode == "lora" ? new LoraOptions(8, 32, ["q_proj", "v_proj", "gate_proj", "up_proj", "down_proj"]) : null;
        var options = new RewardModelOptions(new TrainingOptions(lora, 30, 1e-2, 0.1, 0, 1, 12, 4096, 1000), false, true, 5);
        var trained = Run(new RewardTraining(GoldenTraining.Start(), "golden", pairs[..48], options, folder.Path, false));
        using var files = WeightFiles.OpenFile(trained);
        using var parameters = FlatParameters.Frozen(LlamaLayout.OfReward(GoldenTraining.Config), LlamaWeights.LoadAs(LlamaLayout.OfReward(GoldenTraining.Config), files, GoldenTraining.Config));
        using var model = RewardModelFolder.ModelOf(GoldenTraining.Config, parameters);
        using var work = new RewardScoringWork(model, [.. pairs[48..].Select(p => new TokenGroup(p.Id, p.PromptTokens, [p.ChosenTokens, p.RejectedTokens]))], 4096);
        while (work.Advance())
        {
        }
        Assert.InRange(work.Result.Average(g => g.Rewards!.Value[0] > g.Rewards.Value[1] ? 1.0 : 0.0), 0.9, 1);
    }

    [Fact]
    public void A_pair_with_an_empty_response_and_no_pairs_at_all_are_refused()
    {
        using var folder = new TempFolder();
        var options = new RewardModelOptions(new TrainingOptions(null, 1, 1e-2, 0.1, 0, 1, 4, 4096, 10), false, true, 5);
        Assert.Throws<InputException>(() => new RewardTraining(GoldenTraining.Start(), "golden", [], options, folder.Path, false));
        Assert.Throws<InputException>(() => new RewardTraining(GoldenTraining.Start(), "golden", [new RewardPair("x", [1], [2], [])], options, folder.Path, false));
    }

    private static RewardTraining Open(TempFolder folder, string mode, bool resume, double bound = 3) => new(
        GoldenTraining.Start(), "golden",
        [.. GoldenTraining.RandomPairs(20, 4).Select(p => new RewardPair(p.Id, p.PromptTokens, p.ChosenTokens, p.RejectedTokens, bound))],
        new RewardModelOptions(new TrainingOptions(mode == "lora" ? new LoraOptions(2, 4, ["q_proj", "up_proj"]) : null, 2, 1e-2, 0.1, 0.01, 1, 4, 24, 3), mode == "head", true, 8),
        folder.Path, resume);

    private static string Run(RewardTraining training)
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
