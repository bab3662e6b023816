namespace Sera.Model.Alignment;

/// <summary>How often the chosen response of a pair wins, where nobody voted: what the policies that scored the pair believe (ours).</summary>
public static class WinRates
{
    /// <summary>No belief of a policy's is taken for surer than this: the logit of a win rate would else have no bound.</summary>
    public const double Surest = 0.99;

    /// <summary>s(m), at least 1 - <see cref="Surest"/> and at most <see cref="Surest"/>.</summary>
    /// <param name="margin">Ensemble margin, reward units; finite.</param>
    public static double OfMargin(double margin) => Math.Clamp(Logistic.Sigmoid(margin), 1 - Surest, Surest);
}
