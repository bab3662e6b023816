namespace Sera.Model.Alignment;

/// <summary>
/// The reward a policy trained by a direct alignment loss assigns to a response, up to a constant of the prompt that cancels in a pair
/// (DPO, arXiv 2305.18290, section 4; SimPO, arXiv 2405.14734, equation 4). Reward units; not finite when an input is not.
/// </summary>
public static class ImplicitReward
{
    /// <summary>beta (policy - reference); logps in nats, summed over the response.</summary>
    public static double LogRatio(double beta, double policyLogp, double referenceLogp) => beta * (policyLogp - referenceLogp);

    /// <summary>beta policy / length.</summary>
    /// <param name="length">Tokens of the response, at least 1.</param>
    public static double LengthAveraged(double beta, double policyLogp, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        return beta * policyLogp / length;
    }

    /// <summary>In the form the loss trains. <paramref name="referenceLogp"/> is not read where the loss needs no reference.</summary>
    /// <exception cref="ArgumentException">No loss of that name.</exception>
    public static double Of(LossOptions loss, double policyLogp, double referenceLogp, int length) =>
        PreferenceLosses.Get(loss.Name).Reward(loss, policyLogp, referenceLogp, length);
}
