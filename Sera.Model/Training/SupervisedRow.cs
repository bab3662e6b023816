using System.Collections.Immutable;

namespace Sera.Model.Training;

/// <summary>A prompt and the response to learn, as token ids; the response with its end-of-sequence id where it should end.</summary>
public sealed record SupervisedRow(string Id, ImmutableArray<int> PromptTokens, ImmutableArray<int> ResponseTokens);
