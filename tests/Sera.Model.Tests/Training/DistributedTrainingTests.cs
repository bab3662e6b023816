using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Training;
using TorchSharp;
using Xunit;

namespace Sera.Model.Tests.Training;

/// <summary>Training whose gradients others compute ends in the bits of the training that computes them itself.</summary>
public sealed class DistributedTrainingTests : IDisposable
{
    private static readonly LoraOptions Lora = new(2, 4, ["q_proj", "v_proj", "down_proj"]);
    private readonly TempFolder _folder = new();
    private readonly ArtifactStore _store;

    public DistributedTrainingTests() => _store = new ArtifactStore(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, false, 1)]
    [InlineData(false, true, 1)]
    [InlineData(true, false, 1)]
    [InlineData(true, true, 1)]
    [InlineData(false, true, 3)]
    [InlineData(true, false, 3)]
    [InlineData(true, false, 3, "dpo + 0.5 sft")]
    public void Any_number_of_workers_gives_the_bits_of_local_training(bool lora, bool tied, int workers, string loss = "dpo")
    {
        var whole = Segment(lora, GoldenTraining.RandomPairs(36, 9)) with { Loss = new LossOptions(loss, 0.1, 0) };
        var local = Local(whole, tied);
        var (distributed, most) = Distributed(whole, tied, workers);
        Assert.InRange(most, 4, 12);
        Assert.Equal(local.PolicyArtifact, distributed.PolicyArtifact);
        Assert.Equal(local.Policy, distributed.Policy);
        Assert.Equal(local.Steps.Select(Text), distributed.Steps.Select(Text));
    }

    [Fact]
    public void A_threshold_that_moves_is_the_same_for_everyone()
    {
        // Fifty-four steps of two micro-batches; which labels are doubted is decided from the fifty-first on.
        var whole = Segment(false, GoldenTraining.RandomPairs(108, 9), perStep: 2, microBatchTokens: 1, epochs: 1) with
        {
            Loss = new LossOptions("spa", 0.5, 0, MovingThreshold: true),
        };
        var local = Local(whole, tied: false);
        var (distributed, _) = Distributed(whole, tied: false, 2);
        Assert.Equal(local.PolicyArtifact, distributed.PolicyArtifact);
        Assert.Equal(local.Steps.Select(Text), distributed.Steps.Select(Text));
    }

    [Fact]
    public void Scores_that_take_the_place_of_the_reference_are_read_by_whoever_computes()
    {
        var pairs = GoldenTraining.RandomPairs(36, 9);
        ImmutableArray<TrainingPairRow> rescored = [.. pairs.Select((p, i) => p with { RefChosen = -8 - i, RefRejected = -9 })];
        var scores = rescored.Reverse().Chunk(20).Select(part => _store.Write(
            "scores", RowFile.Write(part.Select(p => new ScoreRow(p.Id, [p.RefChosen, p.RefRejected])), RowJson.Default.ScoreRow)));
        var segment = Segment(false, pairs) with { ReferenceScores = [.. scores] };
        var local = Local(segment, tied: true);
        Assert.Equal(Local(Segment(false, rescored), tied: true).PolicyArtifact, local.PolicyArtifact);
        Assert.NotEqual(Local(Segment(false, pairs), tied: true).PolicyArtifact, local.PolicyArtifact);
        GradientMemory[] memories = [new(), new()];
        try
        {
            // What a worker remembers of the same pairs under another reference is not taken.
            Distributed(Segment(false, pairs), tied: true, memories);
            Assert.Equal(local.PolicyArtifact, Distributed(segment, tied: true, memories).Result.PolicyArtifact);
        }
        finally
        {
            foreach (var memory in memories) memory.Dispose();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_checkpoint_in_the_middle_is_the_local_one_and_either_way_goes_on_from_the_other_s(bool lora)
    {
        var whole = Segment(lora, GoldenTraining.RandomPairs(36, 9));
        var half = whole with { ToStep = 2 };
        var (local, (distributed, _)) = (Local(half, tied: true), Distributed(half, tied: true, 2));
        Assert.NotNull(local.Checkpoint);
        Assert.Equal(local.Checkpoint, distributed.Checkpoint);
        var rest = whole with { FromStep = 2, Checkpoint = local.Checkpoint };
        var (resumed, _) = Distributed(rest, tied: true, 2);
        Assert.Equal(Local(whole, tied: true).PolicyArtifact, resumed.PolicyArtifact);
        Assert.Equal(Local(rest, tied: true).Steps.Select(Text), resumed.Steps.Select(Text));
    }

    [Fact]
    public void Pairs_that_are_not_finite_lead_to_the_same_metrics_the_same_bits_and_the_same_end()
    {
        var good = GoldenTraining.RandomPairs(240, 2);
        var few = Segment(false, [.. good, Bad(1), Bad(2)], perStep: 41, epochs: 1);
        var local = Local(few, tied: false);
        var (distributed, _) = Distributed(few, tied: false, 2);
        Assert.Equal(["bad1", "bad2"], distributed.Steps.SelectMany(s => s.NonFinite).Order());
        Assert.Equal(local.Steps.Select(Text), distributed.Steps.Select(Text));
        Assert.Equal(local.PolicyArtifact, distributed.PolicyArtifact);

        // One micro-batch of nothing else, and too many.
        var many = Segment(false, [.. good.Take(30), Bad(1), Bad(2), Bad(3)], perStep: 33, microBatchTokens: 1, epochs: 1);
        var expected = Assert.Throws<NonFiniteLossException>(() => Local(many, tied: false));
        var error = Assert.Throws<NonFiniteLossException>(() => Distributed(many, tied: false, 2));
        Assert.Equal((expected.Message, string.Join(' ', expected.Pairs)), (error.Message, string.Join(' ', error.Pairs)));

        static TrainingPairRow Bad(int i) => new($"bad{i}", [1, 4], [5, 2], [6, 2], float.NaN, -6, null, "offline");
    }

    [Fact]
    public void A_worker_loads_the_policy_once_and_only_overwrites_what_is_trained()
    {
        var loads = 0;
        using var memory = new GradientMemory();
        var segment = Segment(true, GoldenTraining.RandomPairs(36, 9));
        var (_, most) = Distributed(segment, tied: false, memories: [memory], load: _ =>
        {
            loads++;
            return GoldenTraining.Start();
        });
        Assert.True(most > 1);
        Assert.Equal(1 + 1, loads); // the trainer's and the worker's
        // Full training of the same policy is another kind of work.
        var full = Segment(false, GoldenTraining.RandomPairs(36, 9));
        var (again, _) = Distributed(full, tied: false, memories: [memory]);
        Assert.Equal(Local(full, tied: false).PolicyArtifact, again.PolicyArtifact);
    }

    [Fact]
    public void A_step_of_one_micro_batch_is_not_handed_out()
    {
        var segment = Segment(true, GoldenTraining.RandomPairs(36, 9), microBatchTokens: 100_000);
        var (distributed, most) = Distributed(segment, tied: false, memories: []);
        Assert.Equal(0, most);
        Assert.Equal(Local(segment, tied: false).PolicyArtifact, distributed.PolicyArtifact);
    }

    [Fact]
    public void A_damaged_gradient_or_parameter_file_is_refused_and_the_right_one_taken_after_it()
    {
        var segment = Segment(true, GoldenTraining.RandomPairs(36, 9));
        using var memory = new GradientMemory();
        using var own = new TrainerMemory();
        using var training = new DistributedTraining(segment, _store, _ => GoldenTraining.Start(), own);
        while (training.Awaited.IsEmpty) training.Advance();
        Assert.Throws<InvalidOperationException>(() => training.Advance());
        var request = training.Awaited[0];
        var parameters = _store.PathOf(request.Parameters.Sha256);
        var whole = Damage(parameters);
        Assert.Throws<DamagedArtifactException>(() => Compute(request, memory));
        File.Delete(parameters);
        Assert.Throws<DamagedArtifactException>(() => Compute(request, memory));
        File.WriteAllBytes(parameters, whole);
        var gradient = Compute(request, memory);
        var path = _store.PathOf(gradient.Gradient!.Sha256);
        whole = Damage(path);
        Assert.Throws<DamagedArtifactException>(() => training.Add(gradient));
        File.WriteAllBytes(path, whole);
        var result = Finish(training, [memory], GoldenTrainingStart);
        Assert.Equal(Local(segment, tied: false).PolicyArtifact, result.Result.PolicyArtifact);

        static StartingPolicy GoldenTrainingStart(PolicyRef policy) => GoldenTraining.Start();

        static byte[] Damage(string path)
        {
            var whole = File.ReadAllBytes(path);
            File.WriteAllBytes(path, [.. whole[..^1], (byte)(whole[^1] ^ 1)]);
            return whole;
        }
    }

    [Fact]
    public void Two_trainings_of_one_segment_share_no_file_and_end_in_the_same_bits()
    {
        var segment = Segment(true, GoldenTraining.RandomPairs(36, 9));
        using var memory = new GradientMemory();
        using var own = new TrainerMemory();
        DistributedTraining[] trainings = [.. Enumerable.Range(0, 2).Select(_ => new DistributedTraining(segment, _store, _ => GoldenTraining.Start(), own))];
        var gradients = trainings.Select(training =>
        {
            while (training.Awaited.IsEmpty) training.Advance();
            return Compute(training.Awaited[0], memory);
        }).ToArray();
        Assert.NotEqual(trainings[0].Awaited[0].Parameters, trainings[1].Awaited[0].Parameters);
        Assert.NotEqual(gradients[0].Gradient, gradients[1].Gradient);
        Assert.Equal(gradients[0].Losses.AsEnumerable(), gradients[1].Losses);
        var results = trainings.Select(training => Finish(training, [memory], _ => GoldenTraining.Start()).Result.PolicyArtifact).ToArray();
        Assert.Equal(results[0], results[1]);
        foreach (var training in trainings) training.Dispose();
    }

    [Fact]
    public void Trainer_and_worker_leave_no_tensor_behind()
    {
        var segment = Segment(true, GoldenTraining.RandomPairs(36, 9));
        Distributed(segment, tied: true, 2);
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 3; i++) Distributed(segment, tied: true, 2);
        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        using var memory = new GradientMemory();
        using var own = new TrainerMemory();
        using var training = new DistributedTraining(segment, _store, _ => GoldenTraining.Start(), own);
        while (training.Awaited.IsEmpty) training.Advance();
        training.Add(Compute(training.Awaited[0], memory));
        var during = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        var first = training.Awaited[0];
        while (!training.Awaited.IsEmpty) training.Add(Compute(training.Awaited[0], memory));
        training.Advance();
        Assert.NotEqual(first.Parameters, training.Awaited[0].Parameters);
        for (var i = 0; i < 5; i++) Compute(training.Awaited[0], memory);
        Assert.InRange(DisposeScopeManager.Statistics.ThreadTotalLiveCount, during, during + 3); // the moments, made with the first step
    }

    private TrainingSegment Segment(bool lora, IReadOnlyCollection<TrainingPairRow> pairs, int perStep = 12, int microBatchTokens = 24, int epochs = 2)
    {
        ImmutableArray<ArtifactRef> artifacts =
        [
            _store.Write("training-pairs", RowFile.Write(pairs.Take(10), RowJson.Default.TrainingPairRow)),
            _store.Write("training-pairs", RowFile.Write(pairs.Skip(10), RowJson.Default.TrainingPairRow)),
        ];
        var options = new TrainingOptions(lora ? Lora : null, epochs, 1e-2, 0.1, 0.01, 0.5, perStep, microBatchTokens, 5, Distribute: true);
        var steps = TrainingPlan.StepsFor(pairs.Count, options.Epochs, perStep);
        return new TrainingSegment(new PolicyRef(new string('0', 64)), artifacts, null, options, new LossOptions("dpo", 0.1, 0), 77, 0, steps, steps);
    }

    private TrainingResult Local(TrainingSegment segment, bool tied)
    {
        using var own = new TrainerMemory();
        using var work = new TrainingWork(segment, _store, _ => Start(tied), own);
        while (work.Advance())
        {
        }
        return work.Result;
    }

    private (TrainingResult Result, int MostMicroBatches) Distributed(TrainingSegment segment, bool tied, int workers)
    {
        GradientMemory[] memories = [.. Enumerable.Range(0, workers).Select(_ => new GradientMemory())];
        try
        {
            return Distributed(segment, tied, memories);
        }
        finally
        {
            foreach (var memory in memories) memory.Dispose();
        }
    }

    private (TrainingResult Result, int MostMicroBatches) Distributed(
        TrainingSegment segment, bool tied, GradientMemory[] memories, Func<PolicyRef, StartingPolicy>? load = null)
    {
        load ??= _ => Start(tied);
        using var own = new TrainerMemory();
        using var training = new DistributedTraining(segment, _store, load, own);
        return Finish(training, memories, load);
    }

    /// <summary>The worker of a micro-batch is another one every time, and they are done last first.</summary>
    private (TrainingResult Result, int MostMicroBatches) Finish(DistributedTraining training, GradientMemory[] memories, Func<PolicyRef, StartingPolicy> load)
    {
        var (most, turn) = (0, 0);
        do
        {
            most = Math.Max(most, training.Awaited.Length);
            var done = training.Awaited.Reverse().Select(request => Compute(request, memories[turn++ % memories.Length], load)).Reverse().ToArray();
            foreach (var gradient in done) training.Add(gradient);
        }
        while (training.Advance());
        return (training.Result, most);
    }

    private GradientResult Compute(GradientRequest request, GradientMemory memory, Func<PolicyRef, StartingPolicy>? load = null)
    {
        using var work = new GradientWork(request, _store, load ?? (_ => GoldenTraining.Start()), memory);
        while (work.Advance())
        {
        }
        Assert.Equal(work.Progress.Total, work.Progress.Done);
        return work.Result;
    }

    private static StartingPolicy Start(bool tied)
    {
        if (!tied) return GoldenTraining.Start();
        var config = GoldenTraining.Config with { TiedEmbeddings = true, InitializerRange = 0.3 };
        return StartingPolicy.Random(config, 4, TorchSharp.torch.CPU);
    }

    private static string Text(StepMetrics m) => FormattableString.Invariant(
        $"{m.Step} {m.Loss:R} {m.ChosenReward:R} {m.RejectedReward:R} {m.Margin:R} {m.Accuracy:R} {m.GradNorm:R} {m.LearningRate:R} {m.ChosenLogps:R} {string.Join(',', m.NonFinite)}");
}
