namespace Sera.Model.Tokenization.Chat;

/// <summary>The functions that Jinja and Hugging Face give every template.</summary>
internal static class Globals
{
    private static readonly HashSet<string> Refused = ["lipsum", "cycler", "joiner", "self", "super", "varargs", "kwargs", "caller"];

    /// <returns>null where there is no such function.</returns>
    public static Value? Of(Rendering rendering, string name) => name switch
    {
        "range" => new CallableValue(name, arguments => Range(rendering, arguments)),
        "namespace" => new CallableValue(name, arguments => new NamespaceValue(new Dictionary<string, Value>(Map(rendering, arguments, name).Items, StringComparer.Ordinal))),
        "dict" => new CallableValue(name, arguments => Map(rendering, arguments, name)),
        "raise_exception" => new CallableValue(name, arguments =>
        {
            var message = arguments.Bind(rendering, name, 1, "message")[0]!;
            throw rendering.Fail(TemplateFault.Raised, ValueText.Of(rendering, message));
        }),
        "strftime_now" when rendering.Now is { } now => new CallableValue(name, arguments =>
            rendering.Text(ClockText.Of(rendering, now, arguments.Bind(rendering, name, 1, "format")[0]!))),
        "strftime_now" => new UndefinedValue("'strftime_now' is undefined, for a text must not change with the day"),
        _ when Refused.Contains(name) => throw rendering.Fail(TemplateFault.Unsupported, $"'{name}'"),
        _ => null,
    };

    private static MapValue Map(Rendering rendering, Arguments arguments, string name)
    {
        if (arguments.Positional.Length > 1) throw rendering.OfType($"{name} expected at most 1 argument, got {arguments.Positional.Length}");
        var items = new OrderedDictionary<string, Value>(StringComparer.Ordinal);
        if (arguments.Positional.Length == 1)
        {
            if (arguments.Positional[0] is not MapValue from) throw rendering.Fail(TemplateFault.Unsupported, $"'{name}' of anything but a dict");
            rendering.Step(from.Items.Count);
            foreach (var (key, value) in from.Items) items[key] = value;
        }
        foreach (var (key, value) in arguments.Named) items[key] = value;
        return new MapValue(items);
    }

    private static SequenceValue Range(Rendering rendering, Arguments arguments)
    {
        var bound = arguments.Positions(rendering, "range", 1, 3);
        long Whole(Value? value, long absent) => value switch
        {
            null => absent,
            IntValue number => number.Of,
            UndefinedValue missing => throw rendering.Missing(missing),
            _ => throw rendering.OfType($"'{value.Type}' object cannot be interpreted as an integer"),
        };
        var (start, stop) = bound[1] is null ? (0L, Whole(bound[0], 0)) : (Whole(bound[0], 0), Whole(bound[1], 0));
        var step = Whole(bound[2], 1);
        if (step == 0) throw rendering.OfType("range() arg 3 must not be zero");
        // In 128 bits, for the distance of two whole numbers may need 65.
        Int128 distance = step > 0 ? (Int128)stop - start : (Int128)start - stop;
        var count = distance <= 0 ? 0 : ((distance - 1) / (step > 0 ? (Int128)step : -(Int128)step)) + 1;
        if (count > TemplateLimits.RangeItems) throw rendering.Fail(TemplateFault.Limit, $"a range of more than {TemplateLimits.RangeItems} numbers");
        rendering.Step((long)count);
        var items = new Value[(int)count];
        for (var i = 0; i < items.Length; i++) items[i] = new IntValue(start + (i * step));
        return new SequenceValue(items, SequenceKind.Range);
    }
}
