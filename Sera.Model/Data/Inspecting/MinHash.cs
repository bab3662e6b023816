using System.Text;

namespace Sera.Model.Data.Inspecting;

/// <summary>
/// MinHash signatures (Broder 1997) of texts by their shingles of five letters or digits, whatever the language: case, spacing and punctuation
/// do not count. The share of equal places in two signatures estimates the Jaccard similarity of their shingles, to about 0.05.
/// </summary>
internal static class MinHash
{
    public const int Places = 64;

    private const int Shingle = 5;

    private static readonly ulong[] Factors = [.. Enumerable.Range(1, Places).Select(i => Mix((ulong)i) | 1)];

    /// <returns>null where the text has no letter or digit.</returns>
    public static uint[]? Of(string text)
    {
        var runes = Bare(text);
        if (runes.Count == 0) return null;
        var least = new uint[Places];
        Array.Fill(least, uint.MaxValue);
        for (var at = 0; at == 0 || at + Shingle <= runes.Count; at++)
        {
            var hash = 0UL;
            for (var i = at; i < Math.Min(at + Shingle, runes.Count); i++) hash = Mix(hash + (uint)runes[i]);
            for (var i = 0; i < Places; i++) least[i] = Math.Min(least[i], (uint)(hash * Factors[i] >> 32));
        }
        return least;
    }

    /// <summary>The letters and digits of a text, in small letters.</summary>
    public static List<int> Bare(string text)
    {
        var runes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune)) runes.Add(Rune.ToLowerInvariant(rune).Value);
        }
        return runes;
    }

    public static double Similarity(uint[] a, uint[] b)
    {
        var equal = 0;
        for (var i = 0; i < Places; i++) equal += a[i] == b[i] ? 1 : 0;
        return (double)equal / Places;
    }

    /// <summary>SplitMix64's finalizer (Steele et al. 2014).</summary>
    public static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
        x = (x ^ x >> 27) * 0x94D049BB133111EB;
        return x ^ x >> 31;
    }
}
