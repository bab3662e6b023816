using System.Text.Json.Serialization;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Runs;

/// <summary>What a run is made from, all of it in the artifact store before the run starts.</summary>
/// <param name="Policy">The starting policy.</param>
/// <param name="Pairs">Offline preference pairs (PairRow lines); no line in a run from prompts alone.</param>
/// <param name="Prompts">Prompts for bootstrapping and, where there is no <paramref name="Evaluation"/>, for the answers the report shows.</param>
/// <param name="HeldOut">Pairs kept aside for reward accuracy (PairRow lines).</param>
/// <param name="Evaluation">Prompts with a check of the answer (EvalRow lines).</param>
/// <param name="Prefix">What augments the prompts for a loss that refines (a PromptPrefixRow); null for others.</param>
/// <param name="Base">The policy before the starting one, reference of every implicit reward that selects; null = by the options.</param>
/// <param name="RewardModel">Whose rewards select and bootstrap in place of the implicit ones; its base is the digest of its folder. null, and not written, = none.</param>
/// <param name="ScorePrefixes">What asks for each score, of reward-augmented pairs (PromptPrefixRow lines); null, and not written, = there are none.</param>
public sealed record RunInputs(
    PolicyRef Policy,
    RowSource Pairs,
    RowSource? Prompts = null,
    RowSource? HeldOut = null,
    RowSource? Evaluation = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ArtifactRef? Prefix = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PolicyRef? Base = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PolicyRef? RewardModel = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ArtifactRef? ScorePrefixes = null)
{
    /// <summary>All files of it but the policy's.</summary>
    [JsonIgnore]
    public IEnumerable<ArtifactRef> Artifacts =>
        new[] { Pairs.Artifact, Prompts?.Artifact, HeldOut?.Artifact, Evaluation?.Artifact, Prefix, ScorePrefixes }.OfType<ArtifactRef>();
}

/// <summary>An artifact of JSON lines and how many rows it has.</summary>
public sealed record RowSource(ArtifactRef Artifact, int Count);
