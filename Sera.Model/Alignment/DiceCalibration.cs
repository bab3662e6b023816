using System.Collections.Immutable;

namespace Sera.Model.Alignment;

/// <summary>
/// Reward less beta a characters, a from 0, 0.001 .. 0.999 nats a character: the first local minimum of |mean characters of the best less those of the
/// worst response| (DICE, arXiv 2406.09760). The search ends at the first a that is worse than the best before it; of equal ones the first counts.
/// </summary>
internal static class DiceCalibration
{
    private const int Steps = 1000;

    public static LengthTerm Fit(IReadOnlyList<ImmutableArray<ScoredLength>> prompts, CalibrationOptions options, double beta)
    {
        var (best, least) = (0.0, long.MaxValue);
        for (var step = 0; step < Steps && least > 0; step++)
        {
            var a = step / (double)Steps;
            // The mean is over the same prompts for every a, so the sums compare as the means do.
            var gap = Math.Abs(LengthGap.Sum(prompts, characters => beta * a * characters));
            if (gap > least) break;
            if (gap < least) (best, least) = (a, gap);
        }
        return new LengthTerm(best, characters => beta * best * characters);
    }
}
