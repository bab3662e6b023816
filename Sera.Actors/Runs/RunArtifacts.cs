using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Actors.Runs;

/// <summary>The files a run refers to.</summary>
internal static class RunArtifacts
{
    /// <summary>What a run, and the report of it, still reads: all but the checkpoints that a later one or the trained policy replaces.</summary>
    public static IEnumerable<ArtifactRef> Needed(RunState state)
    {
        var inputs = new[] { state.Inputs.Pairs, state.Inputs.Prompts, state.Inputs.HeldOut, state.Inputs.Evaluation }.OfType<RowSource>()
            .Select(s => s.Artifact);
        var rounds = state.Rounds.SelectMany(r => new[]
            {
                r.Selected?.Result.Pairs, r.Selected?.Result.Margins, r.Bootstrapped?.Result.Pairs, r.Bootstrapped?.Result.Margins,
                r.Trained?.Result.PolicyArtifact, r.Evaluated?.Result.Answers,
                r.Trained is null && !r.Checkpoints.IsEmpty ? r.Checkpoints[^1].Result.Checkpoint : null,
            }.OfType<ArtifactRef>()
            .Concat(r.Rollouts.Values.Concat(r.Answers.Values).Select(x => x.Result.Rollouts)).Concat(r.Metrics));
        return inputs.Concat(rounds).Concat(state.Scores.Values.Select(s => s.Result.Scores)).Distinct();
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
