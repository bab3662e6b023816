using System.Text.Json.Serialization;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>What a score order asks for beside the summed log-probabilities of responses to their own prompts. Null everywhere in a run whose loss reads nothing else.</summary>
/// <param name="TokenLogps">The log-probability of every response token as well (ScoreRow.Tokens).</param>
/// <param name="States">The mean hidden state of each response (ScoreRow.States).</param>
/// <param name="Rewards">The reward of each response, by a reward model in the place of the policy, and no log-probabilities (ScoreRow.Rewards).</param>
/// <param name="Prefix">A PromptPrefixRow, put in front of every prompt.</param>
public sealed record ScoreReads(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool TokenLogps = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ArtifactRef? Prefix = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool States = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Rewards = false)
{
    internal ScoreDetails Details =>
        (TokenLogps ? ScoreDetails.Tokens : 0) | (States ? ScoreDetails.States : 0) | (Rewards ? ScoreDetails.Rewards : 0);
}
