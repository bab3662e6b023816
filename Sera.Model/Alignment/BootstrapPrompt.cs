using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>A prompt with the policy's own responses, scored.</summary>
/// <param name="Id">Stable and unique; breaks ties.</param>
/// <param name="Prompt">Compared for equality only.</param>
public sealed record BootstrapPrompt(string Id, string Prompt, ImmutableArray<BootstrapResponse> Responses);

/// <param name="Text">Compared for equality, and for being nothing but white space.</param>
/// <param name="Truncated">Cut by the length limit.</param>
/// <param name="Reward">Ensembled implicit reward.</param>
public sealed record BootstrapResponse(string Text, bool Truncated, double Reward);
