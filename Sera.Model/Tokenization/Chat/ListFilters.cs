namespace Sera.Model.Tokenization.Chat;

/// <summary>The filters of lists. Those that Jinja runs lazily give iterators: true even when empty, to be run through once.</summary>
internal static class ListFilters
{
    public static readonly Dictionary<string, Filters.Filter> Table = new(StringComparer.Ordinal)
    {
        ["first"] = (r, value, arguments) => First(r, value, arguments),
        ["last"] = (r, value, arguments) => Last(r, value, arguments),
        ["join"] = Join,
        ["list"] = (r, value, arguments) => List(r, value, arguments.Bind(r, "list", 0)),
        ["items"] = (r, value, arguments) => value switch
        {
            UndefinedValue => Iterator([]),
            MapValue map => Iterator(Methods.Pairs(r, map)),
            _ => throw r.OfType("Can only get item pairs from a mapping."),
        },
        ["map"] = Map,
        ["select"] = (r, value, arguments) => Chosen(r, value, arguments, "select", byAttribute: false, wanted: true),
        ["reject"] = (r, value, arguments) => Chosen(r, value, arguments, "reject", byAttribute: false, wanted: false),
        ["selectattr"] = (r, value, arguments) => Chosen(r, value, arguments, "selectattr", byAttribute: true, wanted: true),
        ["rejectattr"] = (r, value, arguments) => Chosen(r, value, arguments, "rejectattr", byAttribute: true, wanted: false),
        ["reverse"] = Reverse,
        ["sort"] = Sort,
        ["unique"] = Unique,
        ["dictsort"] = DictSort,
        ["min"] = (r, value, arguments) => Extreme(r, value, arguments, "min", -1),
        ["max"] = (r, value, arguments) => Extreme(r, value, arguments, "max", 1),
        ["sum"] = (r, value, arguments) =>
        {
            var bound = arguments.Bind(r, "sum", 0, "attribute", "start");
            var items = Operations.Iterate(r, value).Select(item => bound[0] is null or NoneValue ? item : Path(r, item, bound[0]!));
            return items.Aggregate(bound[1] ?? new IntValue(0), (sum, item) => Sums.Apply(r, "+", sum, item));
        },
    };

    private static SequenceValue Iterator(IReadOnlyList<Value> items) => new(items, SequenceKind.Iterator);

    private static Value First(Rendering rendering, Value value, Arguments arguments)
    {
        arguments.Bind(rendering, "first", 0);
        var first = value is SequenceValue sequence ? sequence.First() : Operations.Iterate(rendering, value).FirstOrDefault();
        return first ?? new UndefinedValue("No first item, sequence was empty.");
    }

    private static Value Last(Rendering rendering, Value value, Arguments arguments)
    {
        arguments.Bind(rendering, "last", 0);
        if (value is SequenceValue { Kind: SequenceKind.Iterator }) throw rendering.OfType("'generator' object is not reversible");
        return Operations.Iterate(rendering, value).LastOrDefault() ?? new UndefinedValue("No last item, sequence was empty.");
    }

    private static Value Join(Rendering rendering, Value value, Arguments arguments)
    {
        var bound = arguments.Bind(rendering, "join", 0, "d", "attribute");
        var items = Operations.Iterate(rendering, value);
        if (bound[1] is not null and not NoneValue) items = [.. items.Select(item => Path(rendering, item, bound[1]!))];
        return TextParts.Join(rendering, bound[0] is { } separator ? ValueText.Of(rendering, separator) : "", items, strict: false);
    }

    private static SequenceValue List(Rendering rendering, Value value, Value?[] _) => new([.. Operations.Iterate(rendering, value)], SequenceKind.List);

    private static Value Map(Rendering rendering, Value value, Arguments arguments)
    {
        var items = Operations.Iterate(rendering, value);
        if (arguments.Positional.Length > 0)
        {
            if (arguments.Positional[0] is not TextValue { Of: var filter }) throw rendering.OfType("map needs the name of a filter");
            var rest = new Arguments(arguments.Positional[1..], arguments.Named);
            return Iterator([.. items.Select(item => Filters.Apply(rendering, filter, item, rest))]);
        }
        var bound = arguments.Bind(rendering, "map", 0, "attribute", "default");
        if (bound[0] is null) throw rendering.OfType("map requires a filter argument");
        return Iterator([.. items.Select(item => Path(rendering, item, bound[0]!) is var found && found is UndefinedValue ? bound[1] ?? found : found)]);
    }

    private static SequenceValue Chosen(Rendering rendering, Value value, Arguments arguments, string name, bool byAttribute, bool wanted)
    {
        var positional = arguments.Positional;
        if (byAttribute && positional.Length == 0) throw rendering.OfType("Missing parameter for attribute name");
        var attribute = byAttribute ? positional[0] : null;
        if (byAttribute) positional = positional[1..];
        var test = positional.Length == 0 ? null : positional[0] is TextValue { Of: var of } ? of : throw rendering.OfType($"{name} needs the name of a test");
        var rest = positional.Length == 0 ? Arguments.None : new Arguments(positional[1..], arguments.Named);
        bool Suits(Value item)
        {
            if (attribute is not null) item = Path(rendering, item, attribute);
            return test is null ? Operations.IsTrue(item) : Tests.Apply(rendering, test, item, rest);
        }
        return Iterator([.. Operations.Iterate(rendering, value).Where(item => Suits(item) == wanted)]);
    }

    private static Value Reverse(Rendering rendering, Value value, Arguments arguments)
    {
        arguments.Bind(rendering, "reverse", 0);
        if (value is SequenceValue { Kind: SequenceKind.Iterator }) throw rendering.OfType("argument must be iterable");
        var reversed = Operations.Iterate(rendering, value).Reverse();
        return value is TextValue ? rendering.Text(string.Concat(reversed.Select(item => ((TextValue)item).Of))) : Iterator([.. reversed]);
    }

    private static Value Sort(Rendering rendering, Value value, Arguments arguments)
    {
        var bound = arguments.Bind(rendering, "sort", 0, "reverse", "case_sensitive", "attribute");
        var key = Key(rendering, bound[1], bound[2]);
        return Sorted(rendering, Operations.Iterate(rendering, value), key, bound[0] is { } reverse && Operations.IsTrue(reverse));
    }

    private static Value DictSort(Rendering rendering, Value value, Arguments arguments)
    {
        var bound = arguments.Bind(rendering, "dictsort", 0, "case_sensitive", "by", "reverse");
        if (value is not MapValue map) throw rendering.OfType($"dictsort needs a dict, not {value.Type}");
        var at = bound[1] switch
        {
            null or TextValue { Of: "key" } => 0,
            TextValue { Of: "value" } => 1,
            _ => throw rendering.OfType("You can only sort by either \"key\" or \"value\""),
        };
        var key = Key(rendering, bound[0], null);
        return Sorted(rendering, Methods.Pairs(rendering, map), pair => key(((SequenceValue)pair).Items[at]), bound[2] is { } reverse && Operations.IsTrue(reverse));
    }

    private static SequenceValue Sorted(Rendering rendering, IReadOnlyList<Value> items, Func<Value, Value> key, bool reverse)
    {
        var keys = items.Select(key).ToList();
        var order = Comparer<int>.Create((a, b) => Operations.Compare(rendering, keys[a], keys[b]));
        // OrderBy keeps equals in their order, and so does Python in both directions.
        var places = Enumerable.Range(0, keys.Count);
        try
        {
            places = [.. reverse ? places.OrderByDescending(at => at, order) : places.OrderBy(at => at, order)];
        }
        catch (InvalidOperationException e) when (e.InnerException is TemplateException inner)
        {
            throw new TemplateException(inner.Fault, inner.Line, inner.Message);
        }
        return new SequenceValue([.. places.Select(at => items[at])], SequenceKind.List);
    }

    private static Value Unique(Rendering rendering, Value value, Arguments arguments)
    {
        var bound = arguments.Bind(rendering, "unique", 0, "case_sensitive", "attribute");
        var key = Key(rendering, bound[0], bound[1]);
        var (seen, kept) = (new List<Value>(), new List<Value>());
        foreach (var item in Operations.Iterate(rendering, value))
        {
            var of = key(item);
            if (seen.Any(other => Operations.AreEqual(rendering, other, of))) continue;
            seen.Add(of);
            kept.Add(item);
        }
        return Iterator(kept);
    }

    private static Value Extreme(Rendering rendering, Value value, Arguments arguments, string name, int sign)
    {
        var bound = arguments.Bind(rendering, name, 0, "case_sensitive", "attribute");
        var key = Key(rendering, bound[0], bound[1]);
        Value? best = null;
        foreach (var item in Operations.Iterate(rendering, value))
        {
            if (best is null || Operations.Compare(rendering, key(item), key(best)) * sign > 0) best = item;
        }
        return best ?? new UndefinedValue("No aggregated item, sequence was empty.");
    }

    // Jinja compares texts without regard to case unless told otherwise.
    private static Func<Value, Value> Key(Rendering rendering, Value? caseSensitive, Value? attribute)
    {
        var exact = caseSensitive is not null && Operations.IsTrue(caseSensitive);
        return item =>
        {
            if (attribute is not null and not NoneValue) item = Path(rendering, item, attribute);
            return item is TextValue text && !exact ? rendering.Text(PythonText.Lower(rendering, text.Of)) : item;
        };
    }

    // "a.b.0": one subscript after the other.
    private static Value Path(Rendering rendering, Value item, Value attribute)
    {
        if (attribute is IntValue) return Access.Item(rendering, item, attribute);
        if (attribute is not TextValue { Of: var path }) throw rendering.OfType($"an attribute's name is a str, not {attribute.Type}");
        rendering.Scan(path.Length);
        foreach (var part in path.Split('.'))
        {
            rendering.Step();
            item = Access.Item(rendering, item, part.Length is > 0 and < 10 && part.All(char.IsAsciiDigit)
                ? new IntValue(int.Parse(part, System.Globalization.CultureInfo.InvariantCulture))
                : new TextValue(part));
        }
        return item;
    }
}
