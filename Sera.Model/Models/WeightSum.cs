using System.Collections.Immutable;

namespace Sera.Model.Models;

/// <summary>
/// Weighted sums of the parameters of policies, element by element: added up in double and rounded once to fp32, so that a parameter which is the same
/// in all of them comes out as it is, where the factors add up to one.
/// </summary>
public static class WeightSum
{
    /// <summary>ExPO (arXiv 2404.16792): trained + a (trained - start) as factors of trained and start.</summary>
    public static ImmutableArray<double> Extrapolation(double a) => [1 + a, -a];

    /// <summary>alpha policy + (1 - alpha) reference (TR-DPO, arXiv 2404.09656) as factors of policy and reference.</summary>
    public static ImmutableArray<double> Mix(double alpha) => [alpha, 1 - alpha];

    /// <summary>The uniform average (of reward models: WARM, arXiv 2401.12187).</summary>
    public static ImmutableArray<double> Average(int policies) => [.. Enumerable.Repeat(1.0 / policies, policies)];

    /// <param name="sum">As long as <paramref name="weights"/>.</param>
    public static void Add(Span<double> sum, ReadOnlySpan<float> weights, double factor)
    {
        if (sum.Length != weights.Length) throw new ArgumentException($"{weights.Length} weights for a sum of {sum.Length}");
        for (var i = 0; i < sum.Length; i++) sum[i] += factor * weights[i];
    }

    /// <param name="weights">As long as <paramref name="sum"/>; overwritten.</param>
    /// <returns>Whether all of them are finite.</returns>
    public static bool Round(ReadOnlySpan<double> sum, Span<float> weights)
    {
        if (sum.Length != weights.Length) throw new ArgumentException($"{weights.Length} weights for a sum of {sum.Length}");
        var finite = true;
        for (var i = 0; i < sum.Length; i++)
        {
            weights[i] = (float)sum[i];
            finite &= float.IsFinite(weights[i]);
        }
        return finite;
    }
}
