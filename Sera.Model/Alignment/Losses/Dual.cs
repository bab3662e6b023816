namespace Sera.Model.Alignment.Losses;

/// <summary>
/// A number with its derivatives by the summed policy log-probabilities of chosen, of rejected and of the explored response: forward-mode differentiation.
/// </summary>
public readonly record struct Dual(double Value, double ByChosen, double ByRejected, double ByExplored = 0) : ILossNumber<Dual>
{
    public static Dual operator +(Dual a, Dual b) =>
        new(a.Value + b.Value, a.ByChosen + b.ByChosen, a.ByRejected + b.ByRejected, a.ByExplored + b.ByExplored);

    public static Dual operator +(Dual a, double b) => a with { Value = a.Value + b };

    public static Dual operator -(Dual a, Dual b) =>
        new(a.Value - b.Value, a.ByChosen - b.ByChosen, a.ByRejected - b.ByRejected, a.ByExplored - b.ByExplored);

    public static Dual operator -(Dual a, double b) => a with { Value = a.Value - b };

    public static Dual operator -(Dual a) => new(-a.Value, -a.ByChosen, -a.ByRejected, -a.ByExplored);

    public static Dual operator *(Dual a, Dual b) => new(
        a.Value * b.Value, a.ByChosen * b.Value + a.Value * b.ByChosen, a.ByRejected * b.Value + a.Value * b.ByRejected,
        a.ByExplored * b.Value + a.Value * b.ByExplored);

    public static Dual operator *(double a, Dual b) => new(a * b.Value, a * b.ByChosen, a * b.ByRejected, a * b.ByExplored);

    public static Dual operator /(Dual a, double b) => new(a.Value / b, a.ByChosen / b, a.ByRejected / b, a.ByExplored / b);

    public static Dual Exp(Dual x)
    {
        var e = Math.Exp(x.Value);
        return x.Chain(e, e);
    }

    public static Dual Sigmoid(Dual x) => x.Chain(Logistic.Sigmoid(x.Value), Logistic.Sigmoid(x.Value) * Logistic.Sigmoid(-x.Value));

    public static Dual LogSigmoid(Dual x) => x.Chain(Logistic.LogSigmoid(x.Value), Logistic.Sigmoid(-x.Value));

    public static Dual LogOneMinusExp(Dual x) => x.Chain(Logistic.LogOneMinusExp(x.Value), -1 / (Math.Exp(-x.Value) - 1));

    public static Dual Ramp(Dual x) => x.Value <= 0 ? default : x;

    public static Dual AtMost(Dual x, double most) => x.Value >= most ? new(most, 0, 0) : x;

    /// <param name="slope">Derivative of the function at this number.</param>
    private Dual Chain(double value, double slope) => new(value, slope * ByChosen, slope * ByRejected, slope * ByExplored);
}
