namespace Sera.Model.Alignment;

/// <summary>Which response the best of a prompt stands against: a name and a pure function.</summary>
/// <param name="Name">The value of bootstrap.pair-rule that chooses it.</param>
/// <param name="Words">The name in a sentence.</param>
/// <param name="Draws">Whether it reads the seed.</param>
/// <param name="ChoosesFirst">Whether the first fit response is chosen, in place of the best.</param>
public sealed record PairRule(string Name, string Words, RejectResponse Reject, bool Draws = false, bool ChoosesFirst = false);

/// <summary>The index of the rejected response; <paramref name="best"/> itself only where no response has a lower reward.</summary>
/// <param name="fit">Indices of the responses that may enter a pair, ascending, at least two; their rewards are finite.</param>
/// <param name="best">The chosen one of them: the largest reward, the first of equals.</param>
/// <param name="seed">Of this round's draws, for all prompts.</param>
public delegate int RejectResponse(BootstrapPrompt prompt, IReadOnlyList<int> fit, int best, ulong seed);
