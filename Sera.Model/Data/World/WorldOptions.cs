namespace Sera.Model.Data.World;

/// <summary>What the sample world is made from. Rows are balanced over the forms of all kinds.</summary>
/// <param name="Sft">Rows of sft.jsonl.</param>
/// <param name="Pairs">Rows of pairs.jsonl.</param>
/// <param name="Prompts">Rows of prompts.jsonl, all different.</param>
/// <param name="Eval">Rows of eval.jsonl, all different and in no other file.</param>
/// <param name="Flip">Share of the pairs with chosen and rejected swapped (label noise), 0 .. 1; the column flipped says which.</param>
/// <param name="Spurious">
/// Share of the pairs whose chosen response, flipped or not, is made longer by a useless phrase, 0 .. 1. With the phrase an answer is
/// wrong for the judge: such pairs teach a flaw.
/// </param>
/// <param name="Mistakes">Share of wrong responses in sft.jsonl, 0 .. 1: how bad the warm-started policy is.</param>
/// <param name="Unevenness">
/// How far the weak forms have more mistakes than the strong ones, 0 .. 1: the share of wrong responses is Mistakes plus or minus
/// Unevenness * min(Mistakes, 1 - Mistakes). Without it greedy decoding would be right nearly always or nearly never.
/// </param>
public sealed record WorldOptions(
    ulong Seed, int Sft = 12000, int Pairs = 7200, int Prompts = 600, int Eval = 300,
    double Flip = 0, double Spurious = 0, double Mistakes = 0.5, double Unevenness = 0.5)
{
    /// <exception cref="InputException">A share outside 0 .. 1 or a negative count, named as the option of `data make`.</exception>
    public void Validate()
    {
        foreach (var (name, share) in ((string, double)[])[("flip", Flip), ("spurious", Spurious), ("mistakes", Mistakes), ("unevenness", Unevenness)])
        {
            if (!(share >= 0 && share <= 1))
                throw new InputException($"--{name}", FormattableString.Invariant($"{share}"), "a share in 0 .. 1", "change the option");
        }
        foreach (var (name, count) in ((string, int)[])[("sft", Sft), ("pairs", Pairs), ("prompts", Prompts), ("eval", Eval)])
        {
            if (count < 1) throw new InputException($"--{name}", $"{count}", "a count of at least 1", "change the option");
        }
    }
}
