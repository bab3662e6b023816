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

    // Exact to the last bits for tiny x, where Math.Log(1 + x) is 0 (Kahan's correction).
    private static double LogOnePlus(double x)
    {
        var u = 1 + x;
        return u == 1 ? x : Math.Log(u) * (x / (u - 1));
    }
}
