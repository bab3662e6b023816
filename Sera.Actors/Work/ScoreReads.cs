using System.Text.Json.Serialization;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Work;

/// <summary>What a score order asks for beside the summed log-probabilities of responses to their own prompts. Null everywhere in a run whose loss reads nothing else.</summary>
/// <param name="TokenLogps">The log-probability of every response token as well (ScoreRow.Tokens).</param>
/// <param name="Prefix">A PromptPrefixRow, put in front of every prompt.</param>
public sealed record ScoreReads(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool TokenLogps = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ArtifactRef? Prefix = null);
