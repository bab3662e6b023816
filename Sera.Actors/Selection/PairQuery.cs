using System.Collections.Immutable;
using Sera.Actors.Bootstrapping;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Actors.Selection;

/// <summary>A pair that a run judged and somebody may be asked about.</summary>
/// <param name="Margin">Ensemble margin, reward units.</param>
/// <param name="Disagreement">|m_(t-1) - m_(t-2)|, reward units; null where only one policy scored it.</param>
public sealed record QueriedPair(string Id, string Source, string Prompt, string Chosen, string Rejected, double Margin, double? Disagreement);

/// <summary>
/// The pairs of a run's last selection that a label would tell most about: those it is least sure of, or those its last two policies disagree on (an
/// acquisition step in the sense of arXiv 2407.02119; taking implicit reward margins for it is ours).
/// </summary>
public static class PairQuery
{
    /// <summary>The pairs of the last round that has margins: all offline ones it scored, and the bootstrapped ones it kept. Empty where none has.</summary>
    /// <exception cref="DamagedArtifactException">A file of the run is missing or damaged.</exception>
    public static ImmutableArray<QueriedPair> Candidates(RunState state, ArtifactStore store)
    {
        var rows = new RowCache(store);
        foreach (var round in state.Rounds.Reverse())
        {
            ImmutableArray<QueriedPair> pairs = [.. Offline(state, round, rows), .. Own(state, round, rows)];
            if (!pairs.IsEmpty) return pairs;
        }
        return [];
    }

    /// <summary>The most telling first: smallest |margin|, or largest disagreement among those that have one; ties by ordinal order of the ids.</summary>
    public static ImmutableArray<QueriedPair> Choose(IEnumerable<QueriedPair> candidates, bool byDisagreement, int count)
    {
        var finite = candidates.Where(pair => double.IsFinite(pair.Margin));
        var ordered = byDisagreement
            ? finite.Where(pair => pair.Disagreement is not null).OrderByDescending(pair => pair.Disagreement)
            : finite.OrderBy(pair => Math.Abs(pair.Margin));
        return [.. ordered.ThenBy(pair => pair.Id, StringComparer.Ordinal).Take(count)];
    }

    private static IEnumerable<QueriedPair> Offline(RunState state, RoundState round, RowCache rows)
    {
        if (round.OfflineScored == 0) yield break;
        var pairs = rows.Read(state.Inputs.Pairs.Artifact, RowJson.Default.PairRow).ToDictionary(pair => pair.Id, StringComparer.Ordinal);
        var compared = Compared(state, round, [state.Inputs.Pairs], rows);
        foreach (var row in rows.Read(round.Selected!.Result.Margins, RowJson.Default.MarginRow))
        {
            var pair = pairs[row.Id];
            double? apart = compared is var (now, before) ? Math.Abs(now.Margin(pair) - before.Margin(pair)) : null;
            yield return new QueriedPair(row.Id, row.Source, pair.Prompt, pair.Chosen, pair.Rejected, row.Margin, Finite(apart));
        }
    }

    private static IEnumerable<QueriedPair> Own(RunState state, RoundState round, RowCache rows)
    {
        if (round.Bootstrapped?.Result is not { } bootstrapped) yield break;
        var shards = round.Rollouts.Values.Select(r => new RowSource(r.Result.Rollouts, r.Result.Prompts)).ToArray();
        var rollouts = rows.ReadAll([.. shards.Select(s => s.Artifact)], RowJson.Default.RolloutRow).ToDictionary(r => BootstrapWork.IdOf(r), StringComparer.Ordinal);
        var compared = Compared(state, round, shards, rows);
        foreach (var pair in rows.Read(bootstrapped.Pairs, RowJson.Default.TrainingPairRow))
        {
            var rollout = rollouts[pair.Id];
            var (chosen, rejected) = (Place(rollout, pair.ChosenTokens), Place(rollout, pair.RejectedTokens));
            double? apart = compared is var (now, before) ? Math.Abs(Margin(now) - Margin(before)) : null;
            var (better, worse) = (rollout.Responses[chosen].Text, rollout.Responses[rejected].Text);
            yield return new QueriedPair(IdOf(rollout.Prompt, better, worse), pair.Source, rollout.Prompt, better, worse, pair.Margin!.Value, Finite(apart));

            double Margin(RewardTable rewards) =>
                rewards.Of(rollout.Id, chosen, pair.ChosenTokens.Length) - rewards.Of(rollout.Id, rejected, pair.RejectedTokens.Length);
        }
    }

    /// <summary>By what it says: another round has other responses to the prompt, and an offline pair of a later run must not be taken for its own.</summary>
    private static string IdOf(string prompt, string chosen, string rejected) => "own-" + Sha256.Of($"{prompt}\n{chosen}\n{rejected}")[..16];

    private static int Place(RolloutRow rollout, ImmutableArray<int> tokens) =>
        Enumerable.Range(0, rollout.Responses.Length).First(k => rollout.Responses[k].Tokens.AsSpan().SequenceEqual(tokens.AsSpan()));

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    /// <summary>Rewards under pi_(t-1) and pi_(t-2), where the run has both of all rows.</summary>
    private static (RewardTable Now, RewardTable Before)? Compared(RunState state, RoundState round, IReadOnlyCollection<RowSource> sources, RowCache rows)
    {
        if (round.Round < 2) return null;
        var (now, before) = (Rewards(state, round.Round - 1, sources, rows), Rewards(state, round.Round - 2, sources, rows));
        return now is null || before is null ? null : (now, before);
    }

    /// <summary>Of the policy after a round; null where not all rows were scored under it and its reference.</summary>
    private static RewardTable? Rewards(RunState state, int policyRound, IReadOnlyCollection<RowSource> sources, RowCache rows)
    {
        var needsReference = PreferenceLosses.NeedsReference(state.Options.Loss);
        var (policy, reference) = (state.PolicyAfter(policyRound)!, state.ScoreReference(policyRound));
        // The starting policy against itself says nothing.
        if (needsReference && (reference is null || reference == policy)) return null;
        var scores = Scores(policy);
        var referenceScores = needsReference ? Scores(reference!) : [];
        return scores is null || referenceScores is null ? null : RewardTable.Read(new MarginScores(scores.Value, referenceScores.Value), state.Options.Loss, rows);

        ImmutableArray<ArtifactRef>? Scores(PolicyRef of)
        {
            var shas = sources.Select(s => s.Artifact.Sha256).ToHashSet(StringComparer.Ordinal);
            var found = state.Scores.Where(s => s.Key.Policy == of && shas.Contains(s.Key.Rows) && s.Key.Reads?.Prefix is null).Select(s => s.Value).ToArray();
            return found.Sum(s => s.To - s.From) < sources.Sum(s => s.Count) ? null : [.. found.Select(s => s.Result.Scores)];
        }
    }
}
