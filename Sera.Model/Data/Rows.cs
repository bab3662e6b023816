using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Sera.Model.Alignment;

namespace Sera.Model.Data;

/// <summary>The canonical preference pair, tokenized: a line of a pairs artifact.</summary>
/// <param name="PromptTokens">With the tokenizer's beginning-of-sequence id where it has one.</param>
/// <param name="ChosenTokens">Encoded as a continuation; with the end-of-sequence id unless data.append-eos is off.</param>
/// <param name="Flipped">Known label noise, for audits only; null where the data does not say.</param>
/// <param name="ChosenWinRate">How often chosen was preferred to rejected, (0, 1); null where the data does not say.</param>
public sealed record PairRow(
    string Id, string Prompt, string Chosen, string Rejected,
    ImmutableArray<int> PromptTokens, ImmutableArray<int> ChosenTokens, ImmutableArray<int> RejectedTokens, bool? Flipped = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ChosenWinRate = null);

/// <summary>A line of a prompts artifact.</summary>
public sealed record PromptRow(string Id, string Prompt, ImmutableArray<int> PromptTokens);

/// <summary>A line of an evaluation artifact: a prompt and how a program can check its answer. Read by the evaluation only.</summary>
public sealed record EvalRow(string Id, string Prompt, ImmutableArray<int> PromptTokens, AnswerCheck Check);

/// <summary>What a right answer is.</summary>
/// <param name="Kind">exact: equals Answers[0] after trimming; any: equals one of them; list: Count different items of Answers, comma separated, any order.</param>
public sealed record AnswerCheck(string Kind, ImmutableArray<string> Answers, int Count = 0);

/// <summary>A line of a scores artifact: summed log-probabilities of the responses of one group under one policy.</summary>
/// <param name="Logps">Empty where rewards were asked for.</param>
/// <param name="Tokens">Of every token of each response, where they were asked for; null elsewhere.</param>
/// <param name="States">Mean hidden state of each response, where asked for; null elsewhere.</param>
/// <param name="Rewards">Of each response by a reward model, where asked for; null elsewhere.</param>
public sealed record ScoreRow(
    string Id, ImmutableArray<float> Logps,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<ImmutableArray<float>>? Tokens = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<ImmutableArray<float>>? States = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<float>? Rewards = null);

/// <summary>The line of a prompt-prefix artifact: what an augmented prompt has in front of the prompt.</summary>
/// <param name="At">Tokens of a prompt that stay before it (the beginning-of-sequence token).</param>
public sealed record PromptPrefixRow(string Text, ImmutableArray<int> Tokens, int At)
{
    /// <summary>The augmented prompt.</summary>
    public ImmutableArray<int> Before(ImmutableArray<int> prompt) => prompt.InsertRange(Math.Min(At, prompt.Length), Tokens);

    /// <summary>The prompt that was augmented.</summary>
    /// <param name="augmented">Of <see cref="Before"/>, of a prompt of at least <see cref="At"/> tokens.</param>
    public ImmutableArray<int> WithoutFrom(ImmutableArray<int> augmented) => augmented.RemoveRange(At, Tokens.Length);
}

/// <summary>A line of a rollouts artifact: N responses of the policy to one prompt.</summary>
public sealed record RolloutRow(string Id, string Prompt, ImmutableArray<int> PromptTokens, ImmutableArray<RolloutResponse> Responses);

public sealed record RolloutResponse(ImmutableArray<int> Tokens, string Text, bool Truncated);

/// <summary>A line of a training-pairs artifact: what the trainer needs of a pair, its margin for the report.</summary>
/// <param name="RefChosen">Summed log-probability of chosen under the training reference.</param>
/// <param name="Margin">Ensemble margin that selected it; null in round 1.</param>
/// <param name="Source">offline or bootstrapped.</param>
/// <param name="Columns">What the loss of the run reads beside log-probabilities; null where it reads nothing else.</param>
/// <param name="Explored">The response that the loss reads beside the two; null where it reads none, and of offline pairs.</param>
public sealed record TrainingPairRow(
    string Id, ImmutableArray<int> PromptTokens, ImmutableArray<int> ChosenTokens, ImmutableArray<int> RejectedTokens,
    float RefChosen, float RefRejected, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? Margin, string Source,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PairColumns? Columns = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ExploredResponse? Explored = null);

/// <summary>A response to a pair's prompt that is compared with nothing.</summary>
/// <param name="Reference">Summed log-probability under the training reference; 0 where the loss does not read it.</param>
public sealed record ExploredResponse(ImmutableArray<int> Tokens, float Reference);

/// <summary>A line of a margins artifact: one candidate pair of a round and what became of it. Feeds the report and the audit.</summary>
/// <param name="ChosenLength">Tokens of the chosen response.</param>
/// <param name="RejectedLength">Tokens of the rejected response.</param>
/// <param name="Source">offline or bootstrapped.</param>
/// <param name="Filter">Why it was left out (see BootstrapFilters); null when kept.</param>
public sealed record MarginRow(
    string Id, double Margin, bool Kept, int ChosenLength, int RejectedLength, string Source, string? Filter = null, bool? Flipped = null);

/// <summary>A line of an answers artifact: what a policy said to an evaluation prompt. Right is null where nothing can check it.</summary>
public sealed record AnswerRow(string Id, string Prompt, string Answer, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] bool? Right);
