using System.Globalization;
using System.Text;

namespace Sera.Model.Tokenization;

/// <summary>
/// Unicode normalization form C (UAX 15). The program runs with invariant globalization, under which string.Normalize gives
/// non-ASCII text back unchanged and calls it normalized; so the algorithm is here, over the tables of Unicode 14.
/// </summary>
internal static class Nfc
{
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28;

    private static readonly Dictionary<int, int[]> Decompositions = [];
    private static readonly Dictionary<(int, int), int> Compositions = [];
    private static readonly Dictionary<int, int> Classes = [];

    static Nfc()
    {
        foreach (var entry in NfcTable.Pairs.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var excluded = entry[0] == '!';
            var sides = entry.TrimStart('!').Split('=');
            var code = Hex(sides[0]);
            var parts = sides[1].Split('+').Select(Hex).ToArray();
            Decompositions.Add(code, parts);
            if (!excluded && parts.Length == 2)
            {
                Compositions.Add((parts[0], parts[1]), code);
            }
        }

        foreach (var entry in NfcTable.Classes.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var range = entry.Split(',').Select(Hex).ToArray();
            for (var code = range[0]; code <= range[1]; code++)
            {
                Classes.Add(code, range[2]);
            }
        }
    }

    public static string Normalize(string text)
    {
        // Nothing below U+0300 composes with a neighbour below U+0300, so such text is its own NFC.
        if (!text.AsSpan().ContainsAnyInRange('\u0300', '\uffff'))
        {
            return text;
        }

        var codes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, codes);
        }

        Reorder(codes);
        var builder = new StringBuilder(text.Length);
        foreach (var code in Compose(codes))
        {
            builder.Append(new Rune(code).ToString());
        }

        return builder.ToString();
    }

    private static void Decompose(int code, List<int> into)
    {
        var syllable = code - SBase;
        if (syllable is >= 0 and < LCount * VCount * TCount)
        {
            into.Add(LBase + (syllable / (VCount * TCount)));
            into.Add(VBase + (syllable % (VCount * TCount) / TCount));
            if (syllable % TCount != 0)
            {
                into.Add(TBase + (syllable % TCount));
            }
        }
        else if (Decompositions.TryGetValue(code, out var parts))
        {
            foreach (var part in parts)
            {
                Decompose(part, into);
            }
        }
        else
        {
            into.Add(code);
        }
    }

    private static void Reorder(List<int> codes)
    {
        for (var i = 1; i < codes.Count; i++)
        {
            var ccc = Class(codes[i]);
            for (var j = i; ccc != 0 && j > 0 && Class(codes[j - 1]) > ccc; j--)
            {
                (codes[j - 1], codes[j]) = (codes[j], codes[j - 1]);
            }
        }
    }

    private static List<int> Compose(List<int> codes)
    {
        var result = new List<int>(codes.Count);
        var starter = -1;
        var lastClass = 0;
        foreach (var code in codes)
        {
            var ccc = Class(code);
            // A mark is blocked when one of the same or a higher class, or another starter, stands between it and the starter.
            var adjacent = starter == result.Count - 1;
            if (starter >= 0 && (adjacent || (lastClass != 0 && lastClass < ccc)) && Pair(result[starter], code) is { } whole)
            {
                result[starter] = whole;
                continue;
            }

            result.Add(code);
            lastClass = ccc;
            if (ccc == 0)
            {
                starter = result.Count - 1;
            }
        }

        return result;
    }

    private static int? Pair(int first, int second)
    {
        var (l, v) = (first - LBase, second - VBase);
        if (l is >= 0 and < LCount && v is >= 0 and < VCount)
        {
            return SBase + (((l * VCount) + v) * TCount);
        }

        var (s, t) = (first - SBase, second - TBase);
        if (s is >= 0 and < LCount * VCount * TCount && s % TCount == 0 && t is > 0 and < TCount)
        {
            return first + t;
        }

        return Compositions.TryGetValue((first, second), out var whole) ? whole : null;
    }

    private static int Class(int code) => Classes.GetValueOrDefault(code);

    private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
