using System.Collections.Immutable;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Actors.Runs;

/// <summary>The files a run refers to.</summary>
public static class RunArtifacts
{
    /// <summary>
    /// What a run, and the report of it, still reads and cannot make again; the checkpoints of its training are apart, since losing one costs
    /// only time (see <see cref="CheckpointsLost"/>).
    /// </summary>
    public static IEnumerable<ArtifactRef> Needed(RunState state)
    {
        var rounds = state.Rounds.SelectMany(r => new[]
            {
                r.Selected?.Result.Pairs, r.Selected?.Result.Margins, r.Bootstrapped?.Result.Pairs, r.Bootstrapped?.Result.Margins,
                r.Trained?.Result.PolicyArtifact, r.Trained is null ? r.Reference?.Artifact : null, r.Evaluated?.Result.Answers,
            }.OfType<ArtifactRef>()
            .Concat(r.Rollouts.Values.Concat(r.Answers.Values).Concat(r.Explored.Values).Select(x => x.Result.Rollouts)).Concat(r.Metrics));
        return state.Inputs.Artifacts.Concat(rounds).Concat(state.Scores.Values.Select(s => s.Result.Scores)).Distinct();
    }

    /// <summary>What a collection must leave: everything needed, and the checkpoint that training goes on from.</summary>
    public static IEnumerable<ArtifactRef> Kept(RunState state) => Needed(state)
        .Concat(state.Rounds.Where(r => r.Trained is null).SelectMany(r => r.Checkpoints.TakeLast(1)).Select(c => c.Result.Checkpoint!));

    /// <summary>The base and the reward model too, where there are some: their folders are kept and spread as that of a policy.</summary>
    public static IEnumerable<PolicyRef> Policies(RunState state) => state.Rounds.Select(r => r.Policy)
        .Prepend(state.Inputs.RewardModel).Prepend(state.Inputs.Base).Prepend(state.Inputs.Policy).OfType<PolicyRef>();

    /// <summary>What the report of a run reads.</summary>
    public static IEnumerable<ArtifactRef> Reported(RunState state) => state.Rounds
        .SelectMany(r => r.Margins.Concat(r.Metrics).Concat(new[] { r.Evaluated?.Result.Answers }.OfType<ArtifactRef>())).Distinct();

    /// <summary>The policy after the last round; none before it is trained.</summary>
    public static IEnumerable<ArtifactRef> Aligned(RunState state) =>
        state.Rounds.Where(r => r.Round == state.Options.Rounds).Select(r => r.Trained?.Result.PolicyArtifact).OfType<ArtifactRef>();

    /// <summary>Checkpoints that a later one, or the trained policy, has replaced.</summary>
    public static ImmutableArray<ArtifactRef> Superseded(RunState state)
    {
        var used = state.Rounds.Where(r => r.Trained is null).SelectMany(r => r.Checkpoints.TakeLast(1)).Select(c => c.Result.Checkpoint!)
            .Concat(Needed(state)).Select(a => a.Sha256).ToHashSet(StringComparer.Ordinal);
        return [.. state.Rounds.SelectMany(r => r.Checkpoints).Select(c => c.Result.Checkpoint!).Where(c => !used.Contains(c.Sha256)).Distinct()];
    }

    /// <exception cref="InputException">One of them is missing or not what its name says.</exception>
    public static void Verify(string workFolder, RunState state)
    {
        var store = new ArtifactStore(workFolder);
        foreach (var artifact in Needed(state))
        {
            try
            {
                store.Verify(artifact);
            }
            catch (DamagedArtifactException e)
            {
                throw new InputException(
                    store.PathOf(artifact.Sha256), e.Message[(e.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..],
                    $"the {artifact.Kind} that run {state.RunId} recorded", "restore it from a copy, or start a new run");
            }
        }
    }
}
