using System.Text.Json;
using Sera.Actors.Bootstrapping;
using Sera.Actors.Hosting;
using Sera.Actors.Serialization;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>Rewards calibrated by length before pairs are chosen (docs/methods.md), from the options of a run to its state.</summary>
public sealed class CalibratedBootstrapTests
{
    private static readonly CalibrationOptions Dice = new("dice", 0.5, 1);

    /// <summary>Beta 0.1; the long answer of the first prompt is 30 characters longer and 0.0625 nats better, so 0.003 nats a character turn it round.</summary>
    [Fact]
    public void Pairs_are_chosen_by_calibrated_rewards_and_their_margins_are_calibrated()
    {
        var options = new BootstrapOptions(1, 2, false);
        var (kept, _, _, none) = Pair(options);
        Assert.Equal([[1], [3]], kept.Select(k => k.ChosenTokens.ToArray()));
        Assert.Null(none);
        var (calibrated, margins, statistics, report) = Pair(options with { Calibration = Dice });
        Assert.Equal([[2], [3]], calibrated.Select(k => k.ChosenTokens.ToArray()));
        Assert.Equal(new CalibrationReport("dice", 0.003, 4, 19, -11), report);
        Assert.Equal(0.1 * (30 * 0.003 - 0.0625), calibrated[0].Margin!.Value, 6);
        Assert.Equal(calibrated.Select(k => k.Margin!.Value), margins.Select(m => m.Margin));
        Assert.Equal(2, statistics.Kept);
    }

    [Theory]
    [InlineData("dice", 0)] // every answer of the engine has as many characters
    [InlineData("lowess", 0.5)]
    public async Task A_run_calibrates_and_says_so_in_every_round_that_bootstraps(string name, double parameter)
    {
        using var small = new SmallRun();
        var options = SmallRun.Options with { Bootstrap = SmallRun.Options.Bootstrap with { Calibration = Dice with { Name = name } } };
        await small.RunAsync(options: options);
        var state = await RunHistory.ReadAsync(small.Folder, SmallRun.Id);
        Assert.Equal(options.Bootstrap, state!.Options.Bootstrap);
        Assert.Equal(
            [null, null, new CalibrationReport(name, parameter, 30, 0, 0), new CalibrationReport(name, parameter, 30, 0, 0)],
            state.Rounds.Select(r => r.Bootstrapped?.Result.Calibration));
    }

    [Fact]
    public void The_calibration_is_part_of_the_work_and_goes_over_the_wire()
    {
        var scores = new MarginScores([new ArtifactRef("scores", "s", 1)], []);
        var order = new BootstrapOrder([new ArtifactRef("rollouts", "r", 1)], SmallRun.Options.Bootstrap, 0.3, SmallRun.Options.Loss, scores, null, []);
        var calibrated = order with { Bootstrap = order.Bootstrap with { Calibration = Dice } };
        Assert.NotEqual(WorkIds.Of(order), WorkIds.Of(calibrated));
        Assert.NotEqual(WorkIds.Of(calibrated), WorkIds.Of(order with { Bootstrap = order.Bootstrap with { Calibration = Dice with { Name = "lowess" } } }));
        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(calibrated, WireJson.Default.BootstrapOrder), WireJson.Default.BootstrapOrder);
        Assert.Equal(Dice, read!.Bootstrap.Calibration);
    }

    private static (List<TrainingPairRow> Kept, List<MarginRow> Margins, PairStatistics Statistics, CalibrationReport? Calibration) Pair(BootstrapOptions options)
    {
        RolloutRow Row(string id, params (int Token, int Characters)[] responses) =>
            new(id, id, [9], [.. responses.Select(r => new RolloutResponse([r.Token], new string('a', r.Characters), false))]);
        var policy = new ScoreTable([new ScoreRow("p", [-1.9375f, -2]), new ScoreRow("q", [-1, -6])]);
        var reference = new ScoreTable([new ScoreRow("p", [-2, -2]), new ScoreRow("q", [-2, -2])]);
        var loss = new LossOptions("dpo", 0.1, 0);
        return BootstrapWork.Pair(
            [Row("p", (1, 40), (2, 10)), Row("q", (3, 10), (4, 2))], new RewardTable(loss, policy, reference), null, new TrainReferenceTable(loss, reference), options, 0.3, 0, loss.Beta,
            new PairColumnMaker(loss, null, null, labelled: false));
    }
}
