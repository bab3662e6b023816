namespace Sera.Model.Alignment.Losses;

/// <summary>
/// SPA's threshold as its authors have it (arXiv 2406.04412): about the tenth percentile of the mean margins of the steps so far, once there are fifty
/// of them, and no smoothing in the first fifth of the steps. Which of the sorted margins, and that a round begins anew, are ours.
/// </summary>
public static class MovingThreshold
{
    /// <summary>Steps whose margins say something.</summary>
    public const int Fewest = 50;

    private const double Quiet = 0.2;

    /// <summary>Below every margin: no label is doubted.</summary>
    private const double Lowest = double.MinValue;

    /// <summary>The loss of one optimizer step: with the threshold in place where it moves, itself where it does not.</summary>
    /// <param name="margins">Mean margin of each step of the round before this one, reward units, in their order.</param>
    /// <param name="totalSteps">Of the round.</param>
    public static LossOptions LossOfStep(LossOptions loss, IReadOnlyCollection<double> margins, int totalSteps) => !loss.MovingThreshold
        ? loss
        : loss.With(LossParameter.Threshold, margins.Count < Fewest || margins.Count < Quiet * totalSteps ? Lowest : Tenth(margins));

    /// <summary>The mean of the two sorted values around a tenth of them: of fifty the fifth and the sixth.</summary>
    private static double Tenth(IReadOnlyCollection<double> margins)
    {
        double[] sorted = [.. margins.Order()];
        var place = sorted.Length / 10;
        return (sorted[place - 1] + sorted[place]) / 2;
    }
}
