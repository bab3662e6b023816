using System.Text;

namespace Sera.Model.Tokenization.Chat;

/// <summary>Texts taken apart and put together.</summary>
internal static class TextParts
{
    // Where Python's splitlines ends a line; "\r\n" is one end.
    private const string LineEnds = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029";

    public static SequenceValue Split(Rendering rendering, string text, Arguments arguments, bool fromEnd)
    {
        var name = fromEnd ? "rsplit" : "split";
        var bound = arguments.Bind(rendering, name, 0, "sep", "maxsplit");
        var most = bound[1] switch
        {
            null => -1,
            IntValue number => number.Of,
            _ => throw rendering.OfType($"{name} maxsplit must be an integer"),
        };
        var left = most < 0 ? long.MaxValue : most;
        rendering.Step(text.Length);
        rendering.Characters(text.Length);
        if (bound[0] is TextValue { Of: var wanted }) rendering.Search(text.Length, wanted.Length);
        var parts = bound[0] switch
        {
            null or NoneValue => fromEnd ? WordsFromEnd(text, left) : Words(text, left),
            TextValue { Of.Length: 0 } => throw rendering.OfType("empty separator"),
            TextValue separator => fromEnd ? FromEnd(text, separator.Of, left) : FromStart(text, separator.Of, left),
            _ => throw rendering.OfType("must be str or None, not " + bound[0]!.Type),
        };
        return Texts(parts);
    }

    public static Value SplitLines(Rendering rendering, string text, Arguments arguments)
    {
        var keeps = arguments.Bind(rendering, "splitlines", 0, "keepends")[0] is { } flag && Operations.IsTrue(flag);
        rendering.Step(text.Length);
        rendering.Characters(text.Length);
        var lines = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var end = at;
            while (end < text.Length && !LineEnds.Contains(text[end])) end++;
            var next = end == text.Length ? end : text[end] == '\r' && end + 1 < text.Length && text[end + 1] == '\n' ? end + 2 : end + 1;
            lines.Add(text[at..(keeps ? next : end)]);
            at = next;
        }
        return Texts(lines);
    }

    /// <param name="strict">Python's join takes texts only; the filter join turns everything into text.</param>
    public static TextValue Join(Rendering rendering, string separator, IReadOnlyList<Value> items, bool strict)
    {
        var joined = new StringBuilder();
        for (var i = 0; i < items.Count; i++)
        {
            rendering.Step();
            if (strict && items[i] is not TextValue) throw rendering.OfType($"sequence item {i}: expected str instance, {items[i].Type} found");
            var text = ValueText.Of(rendering, items[i]);
            rendering.Characters(text.Length + (i > 0 ? separator.Length : 0L));
            if (i > 0) joined.Append(separator);
            joined.Append(text);
        }
        return new TextValue(joined.ToString());
    }

    /// <summary>How often a text lies in another, without overlaps.</summary>
    public static int Count(Rendering rendering, string text, string wanted)
    {
        rendering.Search(text.Length, wanted.Length);
        if (wanted.Length == 0) return PythonText.Length(text) + 1;
        var count = 0;
        for (var at = 0; (at = text.IndexOf(wanted, at, StringComparison.Ordinal)) >= 0; at += wanted.Length) count++;
        return count;
    }

    private static SequenceValue Texts(List<string> parts) => new([.. parts.Select(part => new TextValue(part))], SequenceKind.List);

    private static List<string> Words(string text, long left)
    {
        var words = new List<string>();
        var at = PythonText.TrimmedStart(text);
        for (; at < text.Length; left--)
        {
            var end = at;
            while (end < text.Length && !PythonText.IsSpace(text[end])) end++;
            if (left == 0) end = text.Length;
            words.Add(text[at..end]);
            at = end + PythonText.TrimmedStart(text.AsSpan(end));
        }
        return words;
    }

    private static List<string> WordsFromEnd(string text, long left)
    {
        var words = new List<string>();
        var end = PythonText.TrimmedEnd(text);
        for (; end > 0; left--)
        {
            var at = end;
            while (at > 0 && !PythonText.IsSpace(text[at - 1])) at--;
            if (left == 0) at = 0;
            words.Add(text[at..end]);
            end = PythonText.TrimmedEnd(text.AsSpan(0, at));
        }
        words.Reverse();
        return words;
    }

    private static List<string> FromStart(string text, string separator, long left)
    {
        var parts = new List<string>();
        var at = 0;
        for (int found; left > 0 && (found = text.IndexOf(separator, at, StringComparison.Ordinal)) >= 0; left--)
        {
            parts.Add(text[at..found]);
            at = found + separator.Length;
        }
        parts.Add(text[at..]);
        return parts;
    }

    private static List<string> FromEnd(string text, string separator, long left)
    {
        var parts = new List<string>();
        var end = text.Length;
        for (int found; left > 0 && (found = text.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal)) >= 0; left--)
        {
            parts.Add(text[(found + separator.Length)..end]);
            end = found;
        }
        parts.Add(text[..end]);
        parts.Reverse();
        return parts;
    }
}
