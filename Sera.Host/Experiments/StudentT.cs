namespace Sera.Host.Experiments;

/// <summary>Student's t distribution for whole degrees of freedom, where it has a closed form (Abramowitz and Stegun 26.7.3 and 26.7.4).</summary>
internal static class StudentT
{
    /// <summary>Probability that |t| stays below the value, for a value from 0 on.</summary>
    public static double Within(double value, int freedom)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(freedom, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        var angle = Math.Atan(value / Math.Sqrt(freedom));
        var (sine, square) = (Math.Sin(angle), Math.Cos(angle) * Math.Cos(angle));
        var odd = freedom % 2 == 1;
        // Odd: cos + 2/3 cos^3 + 2*4/(3*5) cos^5 ...; even: 1 + 1/2 cos^2 + 1*3/(2*4) cos^4 ...; up to the power freedom - 2.
        var (sum, term) = (0.0, odd ? Math.Cos(angle) : 1.0);
        for (var power = odd ? 1 : 0; power <= freedom - 2; power += 2)
        {
            sum += term;
            term *= (power + 1.0) / (power + 2.0) * square;
        }
        return odd ? 2 / Math.PI * (angle + sine * sum) : sine * sum;
    }

    /// <summary>The value that |t| stays below with a probability of 95 %: what a mean's standard error is multiplied by.</summary>
    public static double Central95(int freedom)
    {
        // With one degree of freedom it is the largest, 12.7; the distribution rises, so halving finds it.
        var (low, high) = (0.0, 13.0);
        while (true)
        {
            var middle = (low + high) / 2;
            if (middle <= low || middle >= high) return middle;
            if (Within(middle, freedom) < 0.95) low = middle;
            else high = middle;
        }
    }
}
