using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Sera.Model.Tokenization;

/// <summary>
/// The normalization forms of Unicode (UAX 15). The program runs with invariant globalization, under which string.Normalize gives
/// non-ASCII text back unchanged and calls it normalized; so the algorithm is here, over the tables of Unicode 14.
/// </summary>
internal static class NormalForms
{
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28;

    private static readonly Dictionary<int, int[]> Decompositions = [];
    private static readonly Dictionary<int, int[]> CompatibilityDecompositions = [];
    private static readonly Dictionary<(int, int), int> Compositions = [];
    private static readonly Dictionary<int, int> Classes = [];

    static NormalForms()
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

        foreach (var entry in NfkcTable.Compatibility.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var sides = entry.Split('=');
            var range = sides[0].Split('-').Select(Hex).ToArray();
            var parts = sides[1].Split('+').Select(Hex).ToArray();
            for (var code = range[0]; code <= range[^1]; code++)
            {
                CompatibilityDecompositions.Add(code, code == range[0] ? parts : [parts[0] + code - range[0]]);
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

    /// <param name="text">Without lone surrogates.</param>
    /// <param name="form">One of the four forms.</param>
    public static string Normalize(string text, NormalizationForm form)
    {
        // Text below the first code point that the form changes or composes is its own normal form.
        var first = form switch { NormalizationForm.FormC => '\u0300', NormalizationForm.FormD => '\u00c0', _ => '\u00a0' };
        if (!text.AsSpan().ContainsAnyInRange(first, '\uffff'))
        {
            return text;
        }

        var codes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, form is NormalizationForm.FormKC or NormalizationForm.FormKD, codes);
        }

        Reorder(codes);
        var builder = new StringBuilder(text.Length);
        var utf16 = (stackalloc char[2]);
        foreach (var code in form is NormalizationForm.FormC or NormalizationForm.FormKC ? Compose(codes) : codes)
        {
            builder.Append(utf16[..new Rune(code).EncodeToUtf16(utf16)]);
        }

        return builder.ToString();
    }

    private static void Decompose(int code, bool compatibility, List<int> into)
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
        else if (Decompositions.TryGetValue(code, out var parts) || (compatibility && CompatibilityDecompositions.TryGetValue(code, out parts)))
        {
            foreach (var part in parts)
            {
                Decompose(part, compatibility, into);
            }
        }
        else
        {
            into.Add(code);
        }
    }

    private static void Reorder(List<int> codes)
    {
        for (var start = 0; start < codes.Count; start++)
        {
            var end = start;
            while (end < codes.Count && Class(codes[end]) != 0)
            {
                end++;
            }

            // Marks keep their order within a class; a run of them may be as long as the text.
            if (end - start > 1)
            {
                var marks = codes.GetRange(start, end - start).OrderBy(Class).ToArray();
                marks.CopyTo(CollectionsMarshal.AsSpan(codes)[start..end]);
            }

            start = end;
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
