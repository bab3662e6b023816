namespace Sera.Model.Tokenization.Chat;

/// <summary>The filters that chat templates use, as Jinja 3.1 defines them without autoescape; those of lists stand in <see cref="ListFilters"/>.</summary>
internal static class Filters
{
    /// <summary>Marks text as safe to print, which it is anyway; understood only where a tag ends with it.</summary>
    public const string Safe = "safe";

    public delegate Value Filter(Rendering rendering, Value value, Arguments arguments);

    private static readonly Dictionary<string, Filter> Table = new(ListFilters.Table, StringComparer.Ordinal)
    {
        ["trim"] = (r, value, arguments) => TextMethods.Strip(r, Text(r, value), arguments, start: true, end: true),
        ["upper"] = (r, value, arguments) => Mapped(r, value, arguments, "upper", PythonText.Upper),
        ["lower"] = (r, value, arguments) => Mapped(r, value, arguments, "lower", PythonText.Lower),
        ["title"] = (r, value, arguments) => Mapped(r, value, arguments, "title", Title),
        ["capitalize"] = (r, value, arguments) => Mapped(r, value, arguments, "capitalize", PythonText.Capitalized),
        ["replace"] = (r, value, arguments) => TextMethods.Replace(r, Text(r, value), Texts(r, arguments.Bind(r, "replace", 2, "old", "new", "count"))),
        ["string"] = (r, value, arguments) =>
        {
            arguments.Bind(r, "string", 0);
            return r.Text(ValueText.Of(r, value));
        },
        ["tojson"] = JsonText.Of,
        ["indent"] = Indent,
        ["default"] = Default,
        ["d"] = Default,
        ["length"] = Length,
        ["count"] = Length,
        ["int"] = NumberFilters.Whole,
        ["float"] = NumberFilters.Fraction,
        ["abs"] = NumberFilters.Absolute,
        [Safe] = (r, _, _) => throw r.Fail(TemplateFault.Unsupported, "the filter 'safe' anywhere but at the end of a '{{ }}'"),
    };

    public static bool Known(string name) => Table.ContainsKey(name);

    /// <param name="name">A known one, or one that a template names only while it runs, as in map("upper").</param>
    public static Value Apply(Rendering rendering, string name, Value value, Arguments arguments)
    {
        rendering.Step();
        return Table.TryGetValue(name, out var filter)
            ? filter(rendering, value, arguments)
            : throw rendering.Fail(TemplateFault.Unsupported, $"the filter '{name}'");
    }

    private static string Text(Rendering rendering, Value value)
    {
        var text = ValueText.Of(rendering, value);
        rendering.Scan(text.Length);
        return text;
    }

    private static Value?[] Texts(Rendering rendering, Value?[] bound) =>
        [new TextValue(ValueText.Of(rendering, bound[0]!)), new TextValue(ValueText.Of(rendering, bound[1]!)), bound[2]];

    private static TextValue Mapped(Rendering rendering, Value value, Arguments arguments, string name, Func<Rendering, string, string> map)
    {
        arguments.Bind(rendering, name, 0);
        var text = Text(rendering, value);
        rendering.Characters(text.Length);
        return new TextValue(map(rendering, text));
    }

    // Unlike str.title, the filter begins words behind blanks, hyphens and opening brackets only.
    private static string Title(Rendering rendering, string text)
    {
        var (upper, lower) = (PythonText.Upper(rendering, text), PythonText.Lower(rendering, text));
        return string.Create(text.Length, (text, upper, lower), static (title, from) =>
        {
            var begins = true;
            for (var i = 0; i < title.Length; i++)
            {
                title[i] = begins ? from.upper[i] : from.lower[i];
                begins = PythonText.IsSpace(from.text[i]) || from.text[i] is '-' or '(' or '{' or '[' or '<' || (begins && char.IsHighSurrogate(from.text[i]));
            }
        });
    }

    private static Value Length(Rendering rendering, Value value, Arguments arguments)
    {
        arguments.Bind(rendering, "length", 0);
        return new IntValue(Operations.Length(rendering, value));
    }

    private static Value Default(Rendering rendering, Value value, Arguments arguments)
    {
        var bound = arguments.Bind(rendering, "default", 0, "default_value", "boolean");
        var absent = value is UndefinedValue || (bound[1] is { } falseToo && Operations.IsTrue(falseToo) && !Operations.IsTrue(value));
        return absent ? bound[0] ?? TextValue.Empty : value;
    }

    private static Value Indent(Rendering rendering, Value value, Arguments arguments)
    {
        var bound = arguments.Bind(rendering, "indent", 0, "width", "first", "blank");
        var by = bound[0] switch
        {
            null => "    ",
            TextValue given => given.Of,
            IntValue { Of: <= TemplateLimits.Depth } width => new string(' ', (int)Math.Max(0, width.Of)),
            _ => throw rendering.OfType("indent needs a text or a small number"),
        };
        if (value is not TextValue { Of: var text }) throw rendering.OfType($"indent needs a str, not {value.Type}");
        var (first, blank) = (bound[1] is { } a && Operations.IsTrue(a), bound[2] is { } b && Operations.IsTrue(b));
        var lines = (SequenceValue)TextParts.SplitLines(rendering, text + "\n", Arguments.None);
        var indented = lines.Items.Select((line, i) => ((TextValue)line).Of is var of && (i == 0 ? first : blank || of.Length > 0) ? by + of : of);
        rendering.Characters(text.Length + (lines.Items.Count * (long)by.Length));
        return new TextValue(string.Join('\n', indented));
    }
}
