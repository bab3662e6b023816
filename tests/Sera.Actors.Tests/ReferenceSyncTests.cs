using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>A training reference that follows the policy within a round (docs/methods.md), by segments of training and ordinary scores.</summary>
public sealed class ReferenceSyncTests
{
    /// <summary>20 pairs, 2 epochs of 4 a step: 10 steps in round 1; checkpoints every 3, updates every 4.</summary>
    private static readonly RunOptions Options = SmallRun.Options with { Policies = SmallRun.Options.Policies with { Sync = new ReferenceSyncOptions(4, 0.6) } };

    [Fact]
    public void Training_stops_at_every_update_and_goes_on_when_all_pairs_are_scored_under_it()
    {
        var (state, orders) = (PureWorker.Begin(Options), new List<WorkOrder>());
        while (state.Rounds[^1].Round < 2)
        {
            var order = RunWork.Outstanding(state)[0];
            orders.Add(order);
            state = PureWorker.Record(state, order);
        }
        // Selection is pretended to keep 12 pairs: 6 steps.
        var segments = orders.Where(o => o is { Round: 1, Train: not null }).Select(o => o.Train!.Segment).ToArray();
        Assert.Equal([(0, 3), (3, 4), (4, 6)], segments.Select(s => (s.FromStep, s.ToStep)));
        Assert.Equal([false, true, false], segments.Select(s => s.Syncs));
        var updated = state.Rounds[1].Checkpoints[1].Result.Reference!;
        Assert.Equal([state.Inputs.Policy, state.Inputs.Policy, updated.Policy], segments.Select(s => s.Sync!.Reference));
        var rescored = orders.Where(o => o.Score?.Shape == ScoredRowKind.TrainingPairs).Select(o => o.Score!).ToArray();
        Assert.Equal([(0, 8), (8, 12)], rescored.Select(s => (s.From, s.To)));
        Assert.All(rescored, s => Assert.Equal((updated.Policy, segments[0].Pairs[0]), (s.Policy, s.Rows)));
        Assert.Equal([false, false, true], segments.Select(s => s.ReferenceScores is not null));
        Assert.Equal(2, segments[2].ReferenceScores!.Value.Length);
    }

    [Fact]
    public async Task Pairs_are_trained_with_scores_of_the_reference_as_it_is_by_then()
    {
        using var small = new SmallRun();
        var state = await small.RunAsync(options: Options);
        Assert.Equal(RunStatus.Completed, state.Status);
        var references = state.Rounds.SelectMany(r => r.Checkpoints).Select(c => c.Result.Reference).OfType<Model.Engine.UpdatedReference>().ToArray();
        Assert.True(references.Length >= 5);
        Assert.Equal(references.Length, references.Select(r => r.Policy).Distinct().Count());
        foreach (var reference in references)
        {
            small.Store.Verify(reference.Artifact);
            Assert.Contains(state.Scores.Keys, k => k.Policy == reference.Policy);
        }
        var still = SmallRun.Options;
        using var other = new SmallRun();
        Assert.NotEqual(SmallRun.Digests(await other.RunAsync(options: still)), SmallRun.Digests(state));
    }

    [Fact]
    public async Task What_follows_depends_neither_on_workers_nor_on_stops_nor_on_who_computes_gradients()
    {
        using var one = new SmallRun();
        using var many = new SmallRun();
        using var distributed = new SmallRun();
        var expected = await one.RunAsync(options: Options);
        Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(await many.RunAsync(3, Options)));
        Assert.Equal(
            SmallRun.Digests(expected),
            SmallRun.Digests(await distributed.RunAsync(2, Options with { Training = Options.Training with { Distribute = true } })));
        var trained = 0;
        // Stopped in the middle of round 2's scores under an updated reference, and at the end of its last segment but one.
        foreach (var keep in new[] { expected.Events / 3, expected.Events * 2 / 3 })
        {
            one.CutJournal(keep);
            await using var node = await one.NodeAsync(1, quantum => trained += quantum == "train" ? 1 : 0);
            Assert.Equal(RunReplyKind.Accepted, (await node.ResumeRunAsync(SmallRun.Id)).Kind);
            Assert.Equal(SmallRun.Digests(expected), SmallRun.Digests(await SmallRun.LastAsync(node)));
        }
        Assert.True(trained > 0);
    }

    [Fact]
    public void Lost_checkpoints_lead_to_the_same_references_whose_scores_are_there()
    {
        var (state, cut) = (PureWorker.Begin(Options), default(WorkOrder));
        while (cut is null)
        {
            var order = RunWork.Outstanding(state)[0];
            if (order.Train?.Segment.ReferenceScores is not null) cut = order;
            else state = PureWorker.Record(state, order);
        }
        var lost = PureWorker.Accept(state, new GiveUpWork(state.RunId, state.Epoch, cut.WorkId, WorkFailureKind.Checkpoint, "gone"));
        Assert.Null(lost.Rounds[1].Reference);
        var again = new List<WorkOrder>();
        while (lost.Rounds[1].Trained is null)
        {
            again.Add(RunWork.Outstanding(lost).First(o => o.Round == 1 && o.Kind != WorkKind.Evaluate));
            lost = PureWorker.Record(lost, again[^1]);
        }
        Assert.DoesNotContain(again, o => o.Score?.Shape == ScoredRowKind.TrainingPairs);
        Assert.Contains(again, o => o.WorkId == cut.WorkId);
    }

    [Fact]
    public void A_run_whose_reference_stays_asks_for_the_same_work_as_before_it_could_follow()
    {
        var order = TrainOrder.First(PureWorker.Start().Inputs.Policy, [new ArtifactRef("training-pairs", Sha256.Of("p"), 1)], Options.Training, Options.Loss, 7, 10);
        var next = order.After(new ArtifactRef("checkpoint", Sha256.Of("c"), 1));
        Assert.Equal((3, 6), (next.Segment.FromStep, next.Segment.ToStep));
        Assert.DoesNotContain("sync", System.Text.Json.JsonSerializer.Serialize(next, Serialization.WireJson.Default.TrainOrder), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("reference", System.Text.Json.JsonSerializer.Serialize(next, Serialization.WireJson.Default.TrainOrder), StringComparison.OrdinalIgnoreCase);
    }
}
