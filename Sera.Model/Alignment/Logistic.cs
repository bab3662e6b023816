namespace Sera.Model.Alignment;

/// <summary>Sigmoid and its logarithm without overflow at any finite argument.</summary>
internal static class Logistic
{
    public static double Sigmoid(double z)
    {
        var e = Math.Exp(-Math.Abs(z));
        return z >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    public static double LogSigmoid(double z) => Math.Min(z, 0) - LogOnePlus(Math.Exp(-Math.Abs(z)));

    /// <summary>log(1 - e^x), x &lt; 0; by the form that loses no digits on either side of log 2 (M. Maechler, 2012).</summary>
    public static double LogOneMinusExp(double x) => x > -0.6931471805599453 ? Math.Log(-ExpMinusOne(x)) : LogOnePlus(-Math.Exp(x));

    // Kahan: the rounding of e^x is divided out again.
    private static double ExpMinusOne(double x)
    {
        var u = Math.Exp(x);
        return u == 1 ? x : u - 1 == -1 ? -1 : (u - 1) * (x / Math.Log(u));
    }

    // Exact to the last bits for tiny x, where Math.Log(1 + x) is 0 (Kahan's correction).
    private static double LogOnePlus(double x)
    {
        var u = 1 + x;
        return u == 1 ? x : Math.Log(u) * (x / (u - 1));
    }
}
