namespace Sera.Model.Tokenization.Chat;

/// <summary>Methods of Python's str that chat templates use.</summary>
internal static class TextMethods
{
    private delegate Value Method(Rendering rendering, string text, Arguments arguments);

    private static readonly Dictionary<string, Method> Known = new(StringComparer.Ordinal)
    {
        ["strip"] = (r, text, arguments) => Strip(r, text, arguments, start: true, end: true),
        ["lstrip"] = (r, text, arguments) => Strip(r, text, arguments, start: true, end: false),
        ["rstrip"] = (r, text, arguments) => Strip(r, text, arguments, start: false, end: true),
        ["upper"] = (r, text, arguments) => Plain(r, arguments, "upper", text, PythonText.Upper),
        ["lower"] = (r, text, arguments) => Plain(r, arguments, "lower", text, PythonText.Lower),
        ["title"] = (r, text, arguments) => Plain(r, arguments, "title", text, PythonText.Title),
        ["capitalize"] = (r, text, arguments) => Plain(r, arguments, "capitalize", text, PythonText.Capitalized),
        ["startswith"] = (r, text, arguments) => Affix(r, arguments, "startswith", affix => text.StartsWith(affix, StringComparison.Ordinal)),
        ["endswith"] = (r, text, arguments) => Affix(r, arguments, "endswith", affix => text.EndsWith(affix, StringComparison.Ordinal)),
        ["removeprefix"] = (r, text, arguments) =>
            One(r, arguments, "removeprefix") is var affix && text.StartsWith(affix, StringComparison.Ordinal) ? r.Text(text[affix.Length..]) : new TextValue(text),
        ["removesuffix"] = (r, text, arguments) =>
            One(r, arguments, "removesuffix") is var affix && text.EndsWith(affix, StringComparison.Ordinal) ? r.Text(text[..^affix.Length]) : new TextValue(text),
        ["replace"] = (r, text, arguments) => Replace(r, text, arguments.Positions(r, "replace", 2, 3)),
        ["split"] = (r, text, arguments) => TextParts.Split(r, text, arguments, fromEnd: false),
        ["rsplit"] = (r, text, arguments) => TextParts.Split(r, text, arguments, fromEnd: true),
        ["splitlines"] = TextParts.SplitLines,
        ["join"] = (r, text, arguments) => TextParts.Join(r, text, Operations.Iterate(r, arguments.Positions(r, "join", 1, 1)[0]!), strict: true),
        ["find"] = (r, text, arguments) => Find(r, text, One(r, arguments, "find"), last: false),
        ["rfind"] = (r, text, arguments) => Find(r, text, One(r, arguments, "rfind"), last: true),
        ["count"] = (r, text, arguments) => new IntValue(TextParts.Count(r, text, One(r, arguments, "count"))),
        ["isdigit"] = (r, text, arguments) => Every(r, text, arguments, "isdigit", char.IsAsciiDigit),
        ["isspace"] = (r, text, arguments) => Every(r, text, arguments, "isspace", PythonText.IsSpace),
    };

    private static readonly HashSet<string> Others =
    [
        "casefold", "center", "encode", "expandtabs", "format", "format_map", "index", "isalnum", "isalpha", "isascii", "isdecimal", "isidentifier", "islower",
        "isnumeric", "isprintable", "istitle", "isupper", "ljust", "maketrans", "partition", "rindex", "rjust", "rpartition", "swapcase", "translate", "zfill",
    ];

    public static CallableValue? Of(Rendering rendering, string text, string name)
    {
        if (Known.TryGetValue(name, out var method))
        {
            return new CallableValue(name, arguments =>
            {
                rendering.Scan(text.Length);
                return method(rendering, text, arguments);
            });
        }
        return Others.Contains(name) ? throw Methods.Refused(rendering, "str", name) : null;
    }

    /// <summary>Also the filter trim.</summary>
    public static TextValue Strip(Rendering rendering, string text, Arguments arguments, bool start, bool end)
    {
        var bound = arguments.Bind(rendering, "strip", 0, "chars");
        var chars = bound[0] switch
        {
            null or NoneValue => null,
            TextValue given => given.Of,
            _ => throw rendering.OfType("strip arg must be None or str"),
        };
        if (chars?.AsSpan().ContainsAnyInRange('\ud800', '\udfff') == true) throw rendering.Fail(TemplateFault.Unsupported, "strip with characters above U+FFFF");
        bool Drop(char c) => chars is null ? PythonText.IsSpace(c) : chars.Contains(c);
        // Every character that goes is looked up among those given.
        rendering.Scan((chars?.Length ?? 0) * (long)text.Length);
        var (from, to) = (0, text.Length);
        while (start && from < to && Drop(text[from])) from++;
        while (end && to > from && Drop(text[to - 1])) to--;
        return to - from == text.Length ? new TextValue(text) : rendering.Text(text[from..to]);
    }

    /// <summary>Also the filter replace.</summary>
    public static TextValue Replace(Rendering rendering, string text, Value?[] bound)
    {
        if (bound[0] is not TextValue { Of: var old } || bound[1] is not TextValue { Of: var by }) throw rendering.OfType("replace() arguments must be str");
        var most = bound[2] switch
        {
            null or NoneValue => -1,
            IntValue number => number.Of,
            _ => throw rendering.OfType("replace() count must be an integer"),
        };
        if (old.Length == 0) throw rendering.Fail(TemplateFault.Unsupported, "replacing the empty text");
        rendering.Scan(text.Length);
        long count = TextParts.Count(rendering, text, old);
        if (most >= 0) count = Math.Min(count, most);
        if (count == 0) return new TextValue(text);
        rendering.Characters(text.Length + (count * (by.Length - old.Length)));
        if (most < 0) return new TextValue(text.Replace(old, by, StringComparison.Ordinal));
        var parts = new List<string>();
        var at = 0;
        for (; count > 0; count--)
        {
            var found = text.IndexOf(old, at, StringComparison.Ordinal);
            parts.Add(text[at..found]);
            parts.Add(by);
            at = found + old.Length;
        }
        return new TextValue(string.Concat(parts) + text[at..]);
    }

    private static TextValue Plain(Rendering rendering, Arguments arguments, string name, string text, Func<Rendering, string, string> map)
    {
        arguments.Positions(rendering, name, 0, 0);
        rendering.Characters(text.Length);
        return new TextValue(map(rendering, text));
    }

    private static BoolValue Affix(Rendering rendering, Arguments arguments, string name, Func<string, bool> has) =>
        arguments.Positions(rendering, name, 1, 1)[0] switch
        {
            TextValue one => BoolValue.From(has(one.Of)),
            SequenceValue { Kind: SequenceKind.Tuple } several => BoolValue.From(several.Items.Any(item => has(Text(rendering, item, name)))),
            var other => throw rendering.OfType($"{name} first arg must be str or a tuple of str, not {other!.Type}"),
        };

    private static BoolValue Every(Rendering rendering, string text, Arguments arguments, string name, Func<char, bool> suits)
    {
        arguments.Positions(rendering, name, 0, 0);
        if (name == "isdigit" && text.Any(c => c > '\x7f')) throw rendering.Fail(TemplateFault.Unsupported, "isdigit of letters that are not ASCII");
        return BoolValue.From(text.Length > 0 && text.All(suits));
    }

    private static IntValue Find(Rendering rendering, string text, string wanted, bool last)
    {
        rendering.Search(text.Length, wanted.Length);
        var at = last ? text.AsSpan().LastIndexOf(wanted, StringComparison.Ordinal) : text.IndexOf(wanted, StringComparison.Ordinal);
        return new IntValue(at < 0 ? at : PythonText.Length(text[..at]));
    }

    private static string One(Rendering rendering, Arguments arguments, string name)
    {
        if (arguments.Positional.Length is 2 or 3) throw rendering.Fail(TemplateFault.Unsupported, $"'{name}' with bounds");
        return Text(rendering, arguments.Positions(rendering, name, 1, 1)[0]!, name);
    }

    private static string Text(Rendering rendering, Value value, string name) =>
        value is TextValue text ? text.Of : throw rendering.OfType($"{name} needs a str, not {value.Type}");
}
