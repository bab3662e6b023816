namespace Sera.Model.Alignment;

/// <summary>Implicit reward margins: chosen minus rejected, in reward units (SeRA, arXiv 2410.09362, section 3).</summary>
public static class Margins
{
    public static double Of(LossOptions loss, in PairLogps pair) =>
        ImplicitReward.Of(loss, pair.PolicyChosen, pair.ReferenceChosen, pair.ChosenLength)
        - ImplicitReward.Of(loss, pair.PolicyRejected, pair.ReferenceRejected, pair.RejectedLength);

    /// <summary>Share of the finite margins above zero; 0 when none is finite.</summary>
    public static double Accuracy(ReadOnlySpan<double> margins)
    {
        var (right, all) = (0, 0);
        foreach (var margin in margins)
        {
            if (double.IsFinite(margin))
            {
                all++;
                right += margin > 0 ? 1 : 0;
            }
        }
        return all == 0 ? 0 : (double)right / all;
    }
}
