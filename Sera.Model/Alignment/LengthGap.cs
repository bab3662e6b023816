using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>How much longer the best response of a prompt is than its worst.</summary>
internal static class LengthGap
{
    /// <summary>
    /// Characters of the best less those of the worst response, summed over the prompts; of equal rewards the first counts, as in a pair. Whole
    /// numbers, so that the order of the prompts cannot matter.
    /// </summary>
    /// <param name="term">Taken off a reward, by characters; finite.</param>
    public static long Sum(IReadOnlyList<ImmutableArray<ScoredLength>> prompts, Func<int, double> term)
    {
        var sum = 0L;
        foreach (var responses in prompts)
        {
            var (best, worst) = (double.NegativeInfinity, double.PositiveInfinity);
            var (longer, shorter) = (0, 0);
            foreach (var (reward, characters) in responses)
            {
                var calibrated = reward - term(characters);
                if (calibrated > best) (best, longer) = (calibrated, characters);
                if (calibrated < worst) (worst, shorter) = (calibrated, characters);
            }
            sum += longer - shorter;
        }
        return sum;
    }
}
