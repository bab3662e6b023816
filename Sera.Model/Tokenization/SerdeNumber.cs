namespace Sera.Model.Tokenization;

/// <summary>
/// Numbers of JSON as the tokenizers library reads them. It divides the digits, as a 64-bit number, by a power of ten, which rounds twice and is for many scores with 16 digits not
/// the nearest double: what decides between segmentations whose scores are else equal (serde_json without its feature float_roundtrip, f64_from_parts).
/// </summary>
internal static class SerdeNumber
{
    private static readonly double[] Powers = [.. Enumerable.Range(0, 309).Select(exponent => double.Parse($"1e{exponent}", System.Globalization.CultureInfo.InvariantCulture))];

    /// <param name="text">A number of JSON.</param>
    /// <returns>Infinity or NaN for one that the library refuses.</returns>
    public static double Parse(ReadOnlySpan<char> text)
    {
        var negative = text[0] == '-';
        var (at, significand, exponent) = (negative ? 1 : 0, 0ul, 0);
        var full = false;
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
        {
            if (full || !Append(ref significand, text[at]))
            {
                full = true;
                exponent++;
            }
        }
        if (at < text.Length && text[at] == '.')
        {
            full = false;
            for (at++; at < text.Length && char.IsAsciiDigit(text[at]); at++)
            {
                full = full || !Append(ref significand, text[at]);
                if (!full) exponent--;
            }
        }
        if (at < text.Length && int.TryParse(text[(at + 1)..], System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var written))
            exponent = (int)Math.Clamp((long)exponent + written, -100_000, 100_000);
        else if (at < text.Length) return double.NaN;
        var value = Scale(significand, exponent);
        return negative ? -value : value;
    }

    private static bool Append(ref ulong significand, char digit)
    {
        var next = (UInt128)significand * 10 + (uint)(digit - '0');
        if (next > ulong.MaxValue) return false;
        significand = (ulong)next;
        return true;
    }

    private static double Scale(double value, int exponent)
    {
        for (; exponent < -308 && value != 0; exponent += 308) value /= 1e308;
        if (value == 0) return 0;
        if (exponent > 308) return double.PositiveInfinity;
        return exponent >= 0 ? value * Powers[exponent] : value / Powers[-exponent];
    }
}
