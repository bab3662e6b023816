using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>
/// How likely a token is for the policy, measured by how likely it takes its own samples to be: logp - log sum_v p_v^2, the weight of WPO (arXiv
/// 2406.11827, checked against its authors' code and TRL) before its mean over a response and its exponential. 0 where the policy is indifferent.
/// </summary>
internal static class TokenConfidence
{
    /// <param name="logits">[tokens, vocabulary] fp32.</param>
    /// <param name="logps">[tokens] fp32, of the tokens that stand there.</param>
    /// <param name="logSums">[tokens] fp32: logarithms of the sums of exponentials.</param>
    /// <returns>One a token.</returns>
    public static float[] Of(Tensor logits, Tensor logps, Tensor logSums)
    {
        using var scope = NewDisposeScope();
        // log sum p^2 = log sum exp(2 logit) - 2 log sum exp(logit)
        var squares = logits.mul(Scalars.Kept(2.0)).logsumexp(1) - logSums.mul(Scalars.Kept(2.0));
        return (logps - squares).cpu().data<float>().ToArray();
    }

    /// <summary>What a pair's loss is multiplied by, at most 1 as in WPO's code; TRL does without the bound.</summary>
    public static double Weight(float chosen, float rejected) => Math.Min(1, Math.Exp((double)chosen + rejected));
}
