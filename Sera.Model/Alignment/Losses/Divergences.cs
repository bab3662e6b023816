using System.Collections.Immutable;

namespace Sera.Model.Alignment.Losses;

/// <summary>
/// The score of a log-ratio under the divergence that regularises the policy (f-DPO, arXiv 2309.16240), as TRL computes it. Reverse KL, the default,
/// is the log-ratio itself. Exponents are capped at 80, as there, so that fp32 does not overflow.
/// </summary>
public static class Divergences
{
    public const string ReverseKl = "reverse-kl";
    public const string ForwardKl = "forward-kl";
    public const string JensenShannon = "js";
    public const string Alpha = "alpha";

    private const double Most = 80;

    public static readonly ImmutableArray<string> All = [ReverseKl, ForwardKl, JensenShannon, Alpha];

    internal static T Score<T>(T ratio, LossOptions options)
        where T : struct, ILossNumber<T> => options.Divergence switch
        {
            null or ReverseKl => ratio,
            ForwardKl => -T.Exp(T.AtMost(-ratio, Most)),
            JensenShannon => T.LogSigmoid(ratio),
            Alpha => Power(ratio, options.Parameter(LossParameter.DivergenceCoefficient) ?? 0.5),
            var other => throw new ArgumentException($"no divergence '{other}'", nameof(options)),
        };

    private static T Power<T>(T ratio, double u)
        where T : struct, ILossNumber<T> =>
        Math.Abs(u - 1) < 1e-6 ? ratio : T.Exp(T.AtMost((u - 1) * ratio, Most)) / (u - 1);
}
