namespace Sera.Model.Alignment;

/// <summary>
/// The Bradley-Terry loss of a reward model, and what PCRM adds to it: -log s(d) - log s(D - d) with d = r(w) - r(l), the second term where there is a bound D
/// (arXiv 2404.00978, its authors' code).
/// </summary>
public static class PairwiseRewardLoss
{
    /// <param name="difference">d.</param>
    /// <param name="bound">D; null for none.</param>
    /// <returns>The loss and its derivative by d.</returns>
    public static (double Loss, double Slope) Of(double difference, double? bound) => bound is { } most
        ? (-Logistic.LogSigmoid(difference) - Logistic.LogSigmoid(most - difference), Logistic.Sigmoid(difference - most) - Logistic.Sigmoid(-difference))
        : (-Logistic.LogSigmoid(difference), -Logistic.Sigmoid(-difference));

    /// <summary>
    /// The mean over the positions from the first token on where the responses differ to the end of the longer one, each with the rewards there; past its end
    /// the shorter one has the reward of its end. With <paramref name="everywhere"/> false, at the ends alone.
    /// </summary>
    /// <param name="chosen">Rewards after each token of chosen, at least one.</param>
    /// <param name="rejected">The same of rejected.</param>
    /// <param name="common">Tokens that both begin with.</param>
    /// <param name="byChosen">As long as <paramref name="chosen"/>; receives the derivatives.</param>
    /// <param name="byRejected">As long as <paramref name="rejected"/>; receives the derivatives.</param>
    public static double Of(
        ReadOnlySpan<float> chosen, ReadOnlySpan<float> rejected, int common, bool everywhere, double? bound, Span<double> byChosen, Span<double> byRejected)
    {
        byChosen.Clear();
        byRejected.Clear();
        var longest = Math.Max(chosen.Length, rejected.Length);
        var first = everywhere ? Math.Min(common, longest - 1) : longest - 1;
        var (sum, positions) = (0.0, longest - first);
        for (var t = first; t < longest; t++)
        {
            var (w, l) = (Math.Min(t, chosen.Length - 1), Math.Min(t, rejected.Length - 1));
            var (loss, slope) = Of((double)chosen[w] - rejected[l], bound);
            sum += loss;
            byChosen[w] += slope / positions;
            byRejected[l] -= slope / positions;
        }
        return sum / positions;
    }
}
