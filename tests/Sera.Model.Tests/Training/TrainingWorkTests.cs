using System.Collections.Immutable;
using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Training;
using TorchSharp;
using Xunit;

namespace Sera.Model.Tests.Training;

public sealed class TrainingWorkTests
{
    private static readonly LoraOptions Lora = new(2, 4, ["q_proj", "v_proj", "down_proj"]);
    private static readonly LossOptions Dpo = new("dpo", 0.1, 0);
    private static readonly PolicyRef Base = new(new string('0', 64));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ten_steps_equal_five_and_a_reload_and_five_bit_for_bit(bool lora)
    {
        using var folder = new TempFolder();
        var store = new ArtifactStore(folder.Path);
        var whole = Segment(store, lora, pairs: 38, perStep: 4);
        Assert.Equal(10, whole.TotalSteps);
        var straight = Run(store, whole);
        var first = Run(store, whole with { ToStep = 5 });
        Assert.Null(first.Policy);
        var reloaded = Run(store, whole with { FromStep = 5, Checkpoint = first.Checkpoint });
        Assert.Equal(straight.PolicyArtifact, reloaded.PolicyArtifact);
        Assert.Equal(straight.Policy, reloaded.Policy);
        Assert.Equal(straight.Steps.Skip(5).Select(Text), reloaded.Steps.Select(Text));
        Assert.Equal(lora ? "adapter" : "weights", straight.PolicyArtifact!.Kind);
        Assert.Equal(straight.PolicyArtifact.Sha256, lora ? straight.Policy!.Adapter : straight.Policy!.Weights);
    }

    /// <summary>Sixty steps, whose threshold begins to move at the fifty-first: what it moves by must survive a stop before and after.</summary>
    [Theory]
    [InlineData(30)]
    [InlineData(55)]
    public void A_moving_threshold_goes_on_from_a_checkpoint_bit_for_bit(int stop)
    {
        using var folder = new TempFolder();
        var store = new ArtifactStore(folder.Path);
        var whole = Segment(store, false, pairs: 60, perStep: 1) with { Loss = new LossOptions("spa", 0.5, 0, MovingThreshold: true) };
        var straight = Run(store, whole);
        var first = Run(store, whole with { ToStep = stop });
        var reloaded = Run(store, whole with { FromStep = stop, Checkpoint = first.Checkpoint });
        Assert.Equal(straight.PolicyArtifact, reloaded.PolicyArtifact);
        Assert.Equal(straight.Steps.Skip(stop).Select(Text), reloaded.Steps.Select(Text));
        // It does doubt labels, but not before there are fifty margins.
        var never = Run(store, whole with { Loss = new LossOptions("spa", 0.5, 0).With(LossParameter.Threshold, -1e9) });
        Assert.Equal(never.Steps.Take(50).Select(Text), straight.Steps.Take(50).Select(Text));
        Assert.NotEqual(never.PolicyArtifact, straight.PolicyArtifact);
    }

    [Fact]
    public void A_remembered_state_gives_the_bits_of_a_reloaded_one_without_loading()
    {
        using var folder = new TempFolder();
        var store = new ArtifactStore(folder.Path);
        var whole = Segment(store, lora: true, pairs: 38, perStep: 4);
        var loads = 0;
        using var memory = new TrainerMemory();
        var first = Run(store, whole with { ToStep = 4 }, memory, Counted);
        var second = Run(store, whole with { FromStep = 4, ToStep = 7, Checkpoint = first.Checkpoint }, memory, Counted);
        var third = Run(store, whole with { FromStep = 7, Checkpoint = second.Checkpoint }, memory, Counted);
        Assert.Equal(1, loads);
        Assert.Equal(Run(store, whole).PolicyArtifact, third.PolicyArtifact);
        // Another checkpoint than the one remembered is read from its file.
        Assert.Equal(second.Checkpoint, Run(store, whole with { FromStep = 4, ToStep = 7, Checkpoint = first.Checkpoint }, memory, Counted).Checkpoint);
        Assert.Equal(2, loads);

        StartingPolicy Counted(PolicyRef _)
        {
            loads++;
            return GoldenTraining.Start();
        }
    }

    [Theory]
    [InlineData("dpo", 0.5)]
    [InlineData("ipo", 0.5)]
    [InlineData("slic-hf", 0.5)]
    [InlineData("simpo", 2.0)]
    public void Every_loss_teaches_a_simple_preference(string loss, double beta)
    {
        // Chosen says 5, rejected says 6, whatever the prompt.
        using var folder = new TempFolder();
        var store = new ArtifactStore(folder.Path);
        var random = new Random(4);
        var pairs = Enumerable.Range(0, 32).Select(i => new TrainingPairRow(
            $"p{i}", [1, random.Next(7, 24), random.Next(7, 24)], [5, 2], [6, 2], -6, -6, null, "offline"));
        var result = Run(store, Segment(store, false, pairs, perStep: 8, epochs: 5) with { Loss = new LossOptions(loss, beta, 0.5) });
        Assert.True(result.Steps[^1].Loss < 0.7 * result.Steps[0].Loss, $"{result.Steps[0].Loss} -> {result.Steps[^1].Loss}");
        Assert.True(result.Steps[^1].Margin > result.Steps[0].Margin);
        Assert.Equal(1, result.Steps[^1].Accuracy);
    }

    [Fact]
    public void Lora_leaves_the_base_as_it_was_and_trains_every_matrix_of_the_adapter()
    {
        using var start = GoldenTraining.Start();
        var before = start.Parameters.Flat.data<float>().ToArray();
        using var policy = TrainingStart.Open(start with { Lease = null }, Lora, 3);
        var pairs = GoldenTraining.RandomPairs(8, 1);
        for (var step = 0; step < 3; step++)
        {
            new PreferenceGradient(Dpo).Add(policy, pairs, 4096);
            policy.Step(PreferenceGradientTests.Options(), 1e-2);
        }
        Assert.Equal(before, start.Parameters.Flat.data<float>().ToArray());
        using var fresh = TrainingStart.Open(start with { Lease = null }, Lora, 3);
        Assert.Equal(2 * 2 * 3, policy.Trained.Layout.Parameters.Length);
        foreach (var parameter in policy.Trained.Layout.Parameters)
            Assert.NotEqual(fresh.Trained[parameter.Name].data<float>().ToArray(), policy.Trained[parameter.Name].data<float>().ToArray());
    }

    [Fact]
    public void A_hundred_steps_leave_no_tensor_behind()
    {
        using var policy = TrainingStart.Open(GoldenTraining.Start(), Lora, 3);
        var pairs = GoldenTraining.RandomPairs(4, 1);
        Step();
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var step = 0; step < 100; step++) Step();
        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Step()
        {
            new PreferenceGradient(Dpo).Add(policy, pairs, 16);
            policy.Step(PreferenceGradientTests.Options(), 1e-3);
        }
    }

    [Fact]
    public void A_few_pairs_that_are_not_finite_are_named_and_many_stop_the_run()
    {
        using var folder = new TempFolder();
        var store = new ArtifactStore(folder.Path);
        var good = GoldenTraining.RandomPairs(40, 2);
        var two = Run(store, Segment(store, false, [.. good, Bad(1), Bad(2)], perStep: 14));
        Assert.Equal(["bad1", "bad2"], two.Steps.SelectMany(s => s.NonFinite).Order());
        var error = Assert.Throws<NonFiniteLossException>(() => Run(store, Segment(store, false, [.. good, Bad(1), Bad(2), Bad(3)], perStep: 43)));
        Assert.Equal(["bad1", "bad2", "bad3"], error.Pairs.Order());
        Assert.Contains("bad2", error.Message);
        Assert.Throws<NonFiniteLossException>(() => Run(store, Segment(store, false, [Bad(7)], perStep: 4)));

        static TrainingPairRow Bad(int i) => new($"bad{i}", [1, 4], [5, 2], [6, 2], float.NaN, -6, null, "offline");
    }

    [Fact]
    public void The_next_round_goes_on_from_the_adapter_or_the_weights_of_this_one()
    {
        using var folder = new TempFolder();
        var store = new ArtifactStore(folder.Path);
        foreach (var lora in new[] { true, false })
        {
            var round = Segment(store, lora, pairs: 8, perStep: 4);
            var first = Run(store, round);
            var second = Run(store, round with { Start = first.Policy! }, load: Load);
            // Gradients at the new start differ from those of the first, so the loss does.
            Assert.NotEqual(first.Steps[0].Loss, second.Steps[0].Loss);
            Assert.True(second.Steps[0].Margin > first.Steps[0].Margin);
        }

        StartingPolicy Load(PolicyRef policy)
        {
            var start = GoldenTraining.Start();
            if (policy.Adapter is { } adapter) return start with { Adapter = AdapterFile.Read(store.PathOf(adapter), start.Config, TorchSharp.torch.CPU) };
            using (start)
            {
                using var file = WeightFiles.OpenFile(store.PathOf(policy.Weights!));
                var parameters = FlatParameters.Frozen(LlamaLayout.Of(start.Config), LlamaWeights.Load(file, start.Config));
                return new StartingPolicy(start.Config, parameters, null, parameters);
            }
        }
    }

    [Fact]
    public void A_segment_that_does_not_fit_its_pairs_or_checkpoint_is_refused()
    {
        using var folder = new TempFolder();
        var store = new ArtifactStore(folder.Path);
        var whole = Segment(store, false, pairs: 12, perStep: 4);
        Assert.Throws<ArgumentException>(() => Run(store, whole with { TotalSteps = 4 }));
        Assert.Throws<ArgumentException>(() => Run(store, whole with { FromStep = 1 }));
        var first = Run(store, whole with { ToStep = 1 });
        Assert.Throws<InvalidDataException>(() => Run(store, whole with { FromStep = 2, Checkpoint = first.Checkpoint }));
        var empty = Segment(store, false, [new TrainingPairRow("e", [1], [], [2], 0, 0, null, "offline")], perStep: 1);
        Assert.Contains("'e'", Assert.Throws<InputException>(() => Run(store, empty)).Message);
        var unknown = Segment(store, false, [new TrainingPairRow("u", [1], [24], [2], 0, 0, null, "offline")], perStep: 1);
        Assert.Contains("token id 24", Assert.Throws<InputException>(() => Run(store, unknown)).Message);
    }

    private static TrainingSegment Segment(ArtifactStore store, bool lora, int pairs, int perStep) =>
        Segment(store, lora, GoldenTraining.RandomPairs(pairs, 9), perStep);

    private static TrainingSegment Segment(ArtifactStore store, bool lora, IEnumerable<TrainingPairRow> pairs, int perStep, int epochs = 1)
    {
        var rows = pairs.ToArray();
        ImmutableArray<ArtifactRef> artifacts = // two files, to be read one after the other
        [
            store.Write("training-pairs", RowFile.Write(rows.Take(rows.Length / 2), RowJson.Default.TrainingPairRow)),
            store.Write("training-pairs", RowFile.Write(rows.Skip(rows.Length / 2), RowJson.Default.TrainingPairRow)),
        ];
        var options = new TrainingOptions(lora ? Lora : null, epochs, 1e-2, 0.1, 0.01, 1, perStep, 64, 5);
        var steps = TrainingPlan.StepsFor(rows.Length, epochs, perStep);
        return new TrainingSegment(Base, artifacts, null, options, Dpo, 77, 0, steps, steps);
    }

    private static TrainingResult Run(ArtifactStore store, TrainingSegment segment, TrainerMemory? memory = null, Func<PolicyRef, StartingPolicy>? load = null)
    {
        using var own = new TrainerMemory();
        using var work = new TrainingWork(segment, store, load ?? (_ => GoldenTraining.Start()), memory ?? own);
        while (work.Advance())
        {
        }
        Assert.Equal(segment.ToStep - segment.FromStep, work.Progress.Done);
        Assert.Equal(work.Progress.Total, work.Progress.Done);
        Assert.True(work.Progress.Tokens > 0);
        return work.Result;
    }

    private static string Text(StepMetrics m) => FormattableString.Invariant($"{m.Step} {m.Loss:R} {m.Margin:R} {m.GradNorm:R} {m.LearningRate:R} {m.ChosenLogps:R}");
}
