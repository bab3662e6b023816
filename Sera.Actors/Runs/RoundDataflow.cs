using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Alignment.Losses;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;
using Sera.Model.Training;

namespace Sera.Actors.Runs;

/// <summary>
/// The orders of one round, each as soon as its inputs are recorded (SeRA, arXiv 2410.09362, algorithm 1). Methods return null while something
/// they need is missing, and have then added what is missing to the pending work.
/// </summary>
/// <param name="scoring">Ids of the scoring orders among the pending work.</param>
internal sealed class RoundDataflow(RunState state, RoundState round, List<PendingWork> pending, HashSet<string> scoring)
{
    private readonly RunOptions _options = state.Options;
    private readonly ShardIds _ids = ShardIds.Of(state.Options);
    private readonly int _round = round.Round;
    private readonly bool _referenceFree = !PreferenceLosses.NeedsReference(state.Options.Loss);

    /// <summary>Token log-probabilities weigh those of the training reference; asked for everywhere, since the same scores serve as those of a policy.</summary>
    private readonly ScoreReads? _reads = ByToken(state.Options.Loss) ? new ScoreReads(TokenLogps: true) : null;

    /// <summary>Of the starting policy, whose states a prior compares; null where none does.</summary>
    private readonly ScoreReads? _states =
        state.Options.Loss.Prior == RewardPrior.Cosine ? new ScoreReads(TokenLogps: ByToken(state.Options.Loss), States: true) : null;

    /// <summary>Scoring, selection, generation, bootstrapping, and the next segment of training.</summary>
    public void AddTraining()
    {
        var selects = _options.SelectsIn(_round) && round.Selected is null;
        var bootstraps = _options.BootstrapsIn(_round) && round.Bootstrapped is null;
        if (selects && _options.ReplaysIn(_round)) AddReplay();
        else if (selects) AddSelection();
        if (bootstraps) AddBootstrap();
        if (!selects && !bootstraps) AddSegment(TrainingPairs());
    }

    /// <summary>Greedy answers and held-out scores of the round's own policy, then their evaluation.</summary>
    public void AddEvaluation()
    {
        if (round.Policy is not { } policy) return;
        var rollouts = Answers(policy);
        var heldOut = state.Inputs.HeldOut;
        var scores = heldOut is null ? null : Margin([(heldOut, ScoredRowKind.Pairs)], policy, state.Inputs.Policy);
        if (rollouts is null || (heldOut is not null && scores is null)) return;
        var evaluation = rollouts.Value.IsEmpty ? null : state.Inputs.Evaluation?.Artifact;
        var order = new EvaluateOrder(rollouts.Value, evaluation, heldOut?.Artifact, scores, _options.Loss);
        Add(new WorkOrder(WorkIds.Of(order), WorkKind.Evaluate, state.RunId, _round, 1, Evaluate: order),
            (result, at) => new PolicyEvaluated(_round, result.WorkId, result.Evaluated!, result.Effort, at));
    }

    private void AddSelection()
    {
        ImmutableArray<(RowSource, ScoredRowKind)> rows = [(state.Inputs.Pairs, ScoredRowKind.Pairs)];
        var (current, previous, complete) = _round == 1 ? (null, null, true) : Ensemble(rows);
        var trainReference = TrainReference(rows);
        var (refinement, refined) = Refinement(rows);
        var (states, encoded) = States(rows);
        if (!complete || trainReference is null || !refined || !encoded) return;
        var order = new SelectOrder(
            state.Inputs.Pairs.Artifact, _options.Selection, _options.Loss, current, previous, trainReference.Value,
            Draw(_round > 1 && SelectionRules.Of(_options.Selection).Draws, SeedPurpose.Select), refinement, States: states,
            ScorePrefixes: _round > 1 ? state.Inputs.ScorePrefixes : null);
        Add(order);
    }

    /// <summary>How many offline pairs are drawn, and of which prompts, is known once the bootstrapped ones are; what they are trained against is asked for at once.</summary>
    private void AddReplay()
    {
        ImmutableArray<(RowSource, ScoredRowKind)> rows = [(state.Inputs.Pairs, ScoredRowKind.Pairs)];
        var trainReference = TrainReference(rows);
        var (refinement, refined) = Refinement(rows);
        var (states, encoded) = States(rows);
        if (trainReference is null || !refined || !encoded || round.Bootstrapped is not { } own) return;
        var order = new SelectOrder(
            state.Inputs.Pairs.Artifact, _options.Selection, _options.Loss, null, null, trainReference.Value,
            Draw(true, SeedPurpose.Replay), refinement, new ReplayDraw(own.Result.Pairs, _options.ReplayShare ?? RunOptions.DefaultReplayShare), states);
        Add(order);
    }

    private void Add(SelectOrder order) => Add(
        new WorkOrder(WorkIds.Of(order), WorkKind.Select, state.RunId, _round, 1, Select: order),
        (result, at) => new PairsSelected(_round, result.WorkId, result.Selected!, result.Effort, at));

    private void AddBootstrap()
    {
        var prompts = _options.Bootstrap.Segments is null ? state.Inputs.Prompts! : state.Inputs.Pairs;
        var rollouts = Candidates(prompts);
        var rows = RowsOf(rollouts);
        var (current, previous, complete) = Ensemble(rows);
        var trainReference = TrainReference(rows);
        var (refinement, refined) = Refinement(rows);
        var (explored, allExplored) = Explored(prompts);
        var (states, encoded) = States(rows);
        if (rollouts.Sum(r => r.To - r.From) < prompts.Count || !complete || trainReference is null || !refined || !allExplored || !encoded) return;
        var order = new BootstrapOrder(
            [.. rollouts.Select(r => r.Result.Rollouts)], _options.Bootstrap, _options.Selection.Ensemble, _options.Loss, current!, previous,
            trainReference.Value, Draw(PairRules.Of(_options.Bootstrap).Draws, SeedPurpose.Pair), refinement, explored, states,
            state.Inputs.ScorePrefixes);
        Add(new WorkOrder(WorkIds.Of(order), WorkKind.Bootstrap, state.RunId, _round, 1, Bootstrap: order),
            (result, at) => new PairsBootstrapped(_round, result.WorkId, result.Bootstrapped!, result.Effort, at));
    }

    /// <summary>What bootstrapped pairs are made of: the policy's own responses to prompts, or offline pairs with a segment drawn anew.</summary>
    private ImmutableArray<RolloutsRecorded> Candidates(RowSource prompts) => _options.Bootstrap.Segments is { } segments
        ? Rollouts(
            round.Scorer, prompts, 1, _options.Sampling with { MaxNewTokens = segments.Tokens }, SeedTree.ForRound(_options.Seed, _round, SeedPurpose.Segment),
            RolloutPurpose.Bootstrap, resample: true)
        : Rollouts(
            round.Scorer, prompts, _options.Bootstrap.Samples, _options.Sampling, SeedTree.ForRound(_options.Seed, _round, SeedPurpose.Generate),
            RolloutPurpose.Bootstrap);

    /// <summary>One response a prompt for the loss to read beside the pair, where it reads one.</summary>
    private (ExploredRollouts? Responses, bool Complete) Explored(RowSource prompts)
    {
        var loss = PreferenceLosses.Get(_options.Loss.Name);
        if (loss.Exploration == Exploration.None) return (null, true);
        var rollouts = loss.Exploration == Exploration.Policy
            ? Rollouts(round.Scorer, prompts, 1, Greedy(_options.Sampling.MaxNewTokens), 0, RolloutPurpose.Exploration)
            : Rollouts(
                TrainReferencePolicy, prompts, 1, _options.Sampling, SeedTree.ForRound(_options.Seed, _round, SeedPurpose.Explore), RolloutPurpose.Exploration);
        var reference = loss.NeedsExploredReference ? TrainReference(RowsOf(rollouts)) : [];
        return rollouts.Sum(r => r.To - r.From) < prompts.Count || reference is null
            ? (null, false)
            : (new ExploredRollouts([.. rollouts.Select(r => r.Result.Rollouts)], reference.Value), true);
    }

    private static ImmutableArray<(RowSource, ScoredRowKind)> RowsOf(ImmutableArray<RolloutsRecorded> rollouts) =>
        [.. rollouts.Select(r => (new RowSource(r.Result.Rollouts, r.Result.Prompts), ScoredRowKind.Rollouts))];

    private SamplingOptions Greedy(int maxNewTokens) => _options.Sampling with { Temperature = 0, TopP = 1, TopK = 0, MaxNewTokens = maxNewTokens };

    /// <summary>The seed of this round's draws; 0 where nothing is drawn.</summary>
    private ulong Draw(bool draws, string purpose) => draws ? SeedTree.ForRound(_options.Seed, _round, purpose) : 0;

    /// <summary>What the round trains on, offline pairs first.</summary>
    private ImmutableArray<(ArtifactRef Artifact, int Count)> TrainingPairs()
    {
        var pairs = ImmutableArray.CreateBuilder<(ArtifactRef, int)>(2);
        if (round.Selected?.Result is { } offline) pairs.Add((offline.Pairs, offline.Statistics.Trained));
        if (round.Bootstrapped?.Result is { } own) pairs.Add((own.Pairs, own.Statistics.Trained));
        return pairs.ToImmutable();
    }

    private void AddSegment(ImmutableArray<(ArtifactRef Artifact, int Count)> pairs)
    {
        var count = pairs.Sum(p => p.Count);
        if (count == 0) return;
        var training = _options.Training;
        var first = TrainOrder.First(
            round.Init, [.. pairs.Where(p => p.Count > 0).Select(p => p.Artifact)], training, _options.Loss,
            SeedTree.ForRound(_options.Seed, _round, SeedPurpose.Train), TrainingPlan.StepsFor(count, training.Epochs, training.PairsPerStep),
            _options.Policies.Sync is { } sync ? new ReferenceSync(sync.Steps, sync.Mix, TrainReferencePolicy) : null);
        var order = round.Checkpoints.Aggregate(first, (done, c) => done.After(c.Result.Checkpoint!, c.Result.Reference?.Policy));
        if (PairReference() is { } reference)
        {
            var scores = Scores([.. pairs.Where(p => p.Count > 0).Select(p => (new RowSource(p.Artifact, p.Count), ScoredRowKind.TrainingPairs))], reference, null);
            if (scores is null) return;
            order = order.Under(scores.Value);
        }
        var (from, to) = (order.Segment.FromStep, order.Segment.ToStep);
        Add(new WorkOrder(WorkIds.Of(order), WorkKind.Train, state.RunId, _round, to - from, Train: order),
            (result, at) => result.Trained!.Policy is { } policy
                ? new RoundTrained(_round, from, to, policy, result.WorkId, result.Trained, result.Effort, at)
                : new TrainingCheckpointed(_round, from, to, result.WorkId, result.Trained, result.Effort, at));
    }

    /// <summary>
    /// Under which policy the training pairs are scored before a segment, where what they were made with is not all of it: the reference since an update of
    /// it, or, where reward-augmented pairs are among them, the one the round began with. null elsewhere.
    /// </summary>
    private PolicyRef? PairReference() => round.Reference?.Policy ?? (round.Augmented > 0 && !_referenceFree ? TrainReferencePolicy : null);

    /// <summary>Scores for m_(t-1) and, where there is a round t-2 and it counts, for the ensemble or for a column of the loss, m_(t-2).</summary>
    private (MarginScores? Current, MarginScores? Previous, bool Complete) Ensemble(ImmutableArray<(RowSource, ScoredRowKind)> rows)
    {
        if (state.Inputs.RewardModel is { } model)
        {
            // The same rewards in every round: there is nothing before them to be taken in.
            var rewards = Scores(rows, model, new ScoreReads(Rewards: true));
            return (rewards is null ? null : new MarginScores(rewards.Value, [], Explicit: true), null, rewards is not null);
        }
        var current = Margin(rows, round.Scorer, state.ScoreReference(_round - 1)!);
        if (_round < FirstWithPrevious || (_options.Selection.Ensemble == 0 && !PreferenceLosses.ComparesRounds(_options.Loss))) return (current, null, current is not null);
        var previous = Margin(rows, state.PolicyAfter(_round - 2)!, state.ScoreReference(_round - 2)!);
        return (current, previous, current is not null && previous is not null);
    }

    /// <summary>The starting policy has a reward of its own only against another one.</summary>
    private int FirstWithPrevious => state.Inputs.Base is null ? 3 : 2;

    /// <summary>The reference of the loss, as the round begins.</summary>
    private PolicyRef TrainReferencePolicy => _options.Policies.TrainReference switch
    {
        PolicyChoice.Sft => state.Inputs.Policy,
        PolicyChoice.Previous => state.PolicyAfter(_round - 1)!,
        var choice => throw new InvalidOperationException($"unknown choice {choice}"),
    };

    private ImmutableArray<ArtifactRef>? TrainReference(ImmutableArray<(RowSource, ScoredRowKind)> rows) =>
        _referenceFree ? [] : Scores(rows, TrainReferencePolicy, ReadsOf(TrainReferencePolicy));

    /// <summary>What a policy's scores of responses hold: of the starting policy in one pass with its states, where those are asked for.</summary>
    private ScoreReads? ReadsOf(PolicyRef policy) => policy == state.Inputs.Policy ? _states ?? _reads : _reads;

    /// <summary>Scores under the augmented prompt. Not in round 1: its starting policy is the reference, which refines nothing.</summary>
    private (MarginScores? Scores, bool Complete) Refinement(ImmutableArray<(RowSource, ScoredRowKind)> rows)
    {
        if (_round == 1 || state.Inputs.Prefix is not { } prefix) return (null, true);
        var policy = Scores(rows, round.Scorer, new ScoreReads(Prefix: prefix));
        var reference = Scores(rows, TrainReferencePolicy, new ScoreReads(Prefix: prefix));
        return policy is null || reference is null ? (null, false) : (new MarginScores(policy.Value, reference.Value), true);
    }

    /// <summary>What the starting policy makes of the responses, where the loss compares it.</summary>
    private (ImmutableArray<ArtifactRef>? Scores, bool Complete) States(ImmutableArray<(RowSource, ScoredRowKind)> rows)
    {
        if (_states is null) return (null, true);
        var scores = Scores(rows, state.Inputs.Policy, _states);
        return (scores, scores is not null);
    }

    private MarginScores? Margin(ImmutableArray<(RowSource, ScoredRowKind)> rows, PolicyRef policy, PolicyRef reference)
    {
        var scores = Scores(rows, policy, ReadsOf(policy));
        var referenceScores = _referenceFree ? [] : Scores(rows, reference, ReadsOf(reference));
        return scores is null || referenceScores is null ? null : new MarginScores(scores.Value, referenceScores.Value);
    }

    private static bool ByToken(LossOptions loss) => loss.TokenWeights is not null && PreferenceLosses.NeedsReference(loss);

    private ImmutableArray<ArtifactRef>? Scores(ImmutableArray<(RowSource, ScoredRowKind)> rows, PolicyRef policy, ScoreReads? reads)
    {
        var scores = ImmutableArray.CreateBuilder<ArtifactRef>();
        var complete = true;
        foreach (var (source, shape) in rows)
        {
            for (var from = 0; from < source.Count; from += _options.Shards.ScorePairs)
            {
                if (state.Scores.TryGetValue(new ScoreKey(policy, source.Artifact.Sha256, from, reads), out var recorded))
                {
                    scores.Add(recorded.Result.Scores);
                    continue;
                }
                complete = false;
                AddScoring(policy, source, shape, from, Math.Min(source.Count, from + _options.Shards.ScorePairs), reads);
            }
        }
        return complete ? scores.ToImmutable() : null;
    }

    private void AddScoring(PolicyRef policy, RowSource source, ScoredRowKind shape, int from, int to, ScoreReads? reads)
    {
        var order = new ScoreOrder(policy, source.Artifact, shape, from, to, _options.Shards.ScoreBatchTokens, reads);
        var id = _ids.Of(order);
        // A score belongs to the run, not to a round: two rounds or two purposes that need it wait for one record.
        if (!scoring.Add(id)) return;
        Add(new WorkOrder(id, WorkKind.Score, state.RunId, _round, to - from, Score: order),
            (result, at) => new ScoresRecorded(
                _round, policy, source.Artifact.Sha256, from, to, result.WorkId, result.Scored!, result.Effort, at, reads));
    }

    private ImmutableArray<ArtifactRef>? Answers(PolicyRef policy)
    {
        var prompts = state.Inputs switch
        {
            { Evaluation: { } evaluation } => evaluation,
            { Prompts: { } shown } => shown with { Count = Math.Min(shown.Count, _options.Evaluation.Shown) },
            _ => null,
        };
        if (prompts is null) return [];
        var answers = Rollouts(policy, prompts, 1, Greedy(_options.Evaluation.MaxNewTokens), 0, RolloutPurpose.Evaluation);
        return answers.Sum(a => a.To - a.From) < prompts.Count ? null : [.. answers.Select(a => a.Result.Rollouts)];
    }

    /// <summary>The shards that are there, in order of their prompts.</summary>
    private ImmutableArray<RolloutsRecorded> Rollouts(
        PolicyRef policy, RowSource prompts, int samples, SamplingOptions sampling, ulong seed, RolloutPurpose purpose, bool resample = false)
    {
        var recorded = purpose switch
        {
            RolloutPurpose.Bootstrap => round.Rollouts,
            RolloutPurpose.Exploration => round.Explored,
            _ => round.Answers,
        };
        for (var start = 0; start < prompts.Count; start += _options.Shards.GeneratePrompts)
        {
            if (recorded.ContainsKey(start)) continue;
            var (from, to) = (start, Math.Min(prompts.Count, start + _options.Shards.GeneratePrompts));
            var order = new GenerateOrder(policy, prompts.Artifact, from, to, samples, sampling, seed, _options.Shards.GenerateBatch, resample);
            Add(new WorkOrder(_ids.Of(order), WorkKind.Generate, state.RunId, _round, (to - from) * samples, Generate: order),
                (result, at) => new RolloutsRecorded(_round, purpose, from, to, result.WorkId, result.Generated!, result.Effort, at));
        }
        return [.. recorded.Values];
    }

    private void Add(WorkOrder order, Func<WorkResult, DateTimeOffset, IRunEvent> record)
    {
        if (order.Kind.NeedsEngine()) order = order with { WorkId = WorkIds.For(state.Engine, order.WorkId), Engine = state.Engine };
        pending.Add(new PendingWork(order, record));
    }
}
