using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Engine;

namespace Sera.Actors.Runs;

/// <summary>Everything a run has decided and learned: the fold of its events (see <see cref="RunEvolution"/>).</summary>
/// <param name="Epoch">1 at the start, one more at every resume.</param>
/// <param name="Fingerprint">Of the engines in use since the last start or resume.</param>
/// <param name="Fingerprints">All of them in order, without repeats.</param>
/// <param name="Scores">Scores recorded so far, by policy and rows.</param>
/// <param name="Rounds">By round; 0 is the starting policy's measurement.</param>
/// <param name="Failure">Why it failed; null unless <see cref="RunStatus.Failed"/>.</param>
public sealed record RunState(
    string RunId,
    RunOptions Options,
    RunInputs Inputs,
    string Fingerprint,
    ImmutableArray<string> Fingerprints,
    long Epoch,
    RunStatus Status,
    RunFailed? Failure,
    ImmutableDictionary<ScoreKey, ScoresRecorded> Scores,
    ImmutableArray<RoundState> Rounds,
    DateTimeOffset StartedAt,
    DateTimeOffset UpdatedAt,
    int Events)
{
    /// <summary>What computes its results. A run never changes that.</summary>
    public EngineKind Engine => EngineKinds.Of(Fingerprints[0]);

    /// <summary>Whether nothing is computed, so that there is no policy.</summary>
    public bool IsSimulated => Engine == EngineKind.Simulated;

    /// <summary>The policy after a round: the starting policy for 0; null while it is not trained.</summary>
    public PolicyRef? PolicyAfter(int round) =>
        round == 0 ? Inputs.Policy : round < Rounds.Length ? Rounds[round].Policy : null;

    /// <summary>The reference of the implicit reward of the policy after a round; null where there is no such policy.</summary>
    public PolicyRef? ScoreReference(int round) => Inputs.Base ?? Options.Policies.ScoreReference switch
    {
        PolicyChoice.Sft => Inputs.Policy,
        PolicyChoice.Previous => round == 0 ? null : PolicyAfter(round - 1),
        var choice => throw new InvalidOperationException($"unknown choice {choice}"),
    };

    /// <summary>The aligned policy; null before the last round is trained.</summary>
    public PolicyRef? FinalPolicy => PolicyAfter(Options.Rounds);
}

/// <summary>Which rows were scored under which policy.</summary>
/// <param name="Rows">SHA-256 of the scored artifact.</param>
public readonly record struct ScoreKey(PolicyRef Policy, string Rows, int From, ScoreReads? Reads = null);
