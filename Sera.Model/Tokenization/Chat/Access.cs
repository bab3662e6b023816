namespace Sera.Model.Tokenization.Chat;

/// <summary>Attributes, subscripts and slices. What a value does not have is undefined; what Python has and this engine has not is refused.</summary>
internal static class Access
{
    public static Value Attribute(Rendering rendering, Value of, string name)
    {
        Guard(rendering, name);
        return of is UndefinedValue missing ? throw rendering.Missing(missing)
            : Methods.Of(rendering, of, name) ?? Own(of, name) ?? NoAttribute(of, name);
    }

    public static Value Item(Rendering rendering, Value of, Value key)
    {
        switch (of, key)
        {
            case (UndefinedValue missing, _):
                throw rendering.Missing(missing);
            case (MapValue map, TextValue name) when map.Items.TryGetValue(name.Of, out var value):
                return value;
            case (_, TextValue name):
                Guard(rendering, name.Of);
                return Methods.Of(rendering, of, name.Of) ?? (of is MapValue ? null : Own(of, name.Of)) ?? NoAttribute(of, name.Of);
            case (TextValue text, IntValue or BoolValue):
                return Character(rendering, text.Of, Operations.Number(key)!.Value.AsLong);
            case (SequenceValue { Kind: not (SequenceKind.Iterator or SequenceKind.View) } sequence, IntValue or BoolValue):
                var at = Operations.Number(key)!.Value.AsLong;
                if (at < 0) at += sequence.Items.Count;
                return at >= 0 && at < sequence.Items.Count ? sequence.Items[(int)at] : NoElement(of, key);
            default:
                return NoElement(of, key);
        }
    }

    public static Value Slice(Rendering rendering, Value of, Value? start, Value? stop, Value? step)
    {
        if (of is UndefinedValue missing) throw rendering.Missing(missing);
        // A subscript that Python's types refuse is undefined to Jinja.
        if (new[] { start, stop, step }.Any(bound => bound is not (null or NoneValue or IntValue or BoolValue)))
            return new UndefinedValue($"{Shown(of)} has no such slice");
        var width = Bound(step) ?? 1;
        if (width == 0) throw rendering.OfType("slice step cannot be zero");
        switch (of)
        {
            case TextValue text:
                rendering.Scan(text.Of.Length);
                var simple = width == 1 && !text.Of.AsSpan().ContainsAnyInRange('\ud800', '\udfff');
                var places = Places(simple ? text.Of.Length : PythonText.Length(text.Of), Bound(start), Bound(stop), width);
                if (simple) return rendering.Text(text.Of.Substring((int)places.First, (int)places.Count));
                rendering.Step(text.Of.Length);
                var characters = PythonText.Characters(text.Of);
                return rendering.Text(string.Concat(Taken(places, width).Select(at => characters[at])));
            case SequenceValue { Kind: SequenceKind.List or SequenceKind.Tuple or SequenceKind.Range } sequence:
                var chosen = Places(sequence.Items.Count, Bound(start), Bound(stop), width);
                rendering.Step(chosen.Count);
                return new SequenceValue([.. Taken(chosen, width).Select(at => sequence.Items[at])], sequence.Kind);
            default:
                return new UndefinedValue($"{Shown(of)} has no such slice");
        }
    }

    private static Value? Own(Value of, string name)
    {
        switch (of)
        {
            case MapValue map: return map.Items.GetValueOrDefault(name);
            case NamespaceValue space: return space.Items.GetValueOrDefault(name);
            case LoopValue loop: return LoopMembers.Of(loop, name);
            default: return null;
        }
    }

    // Names of the interpreter's own; Jinja's sandbox closes them too.
    private static void Guard(Rendering rendering, string name)
    {
        if (name.StartsWith("__", StringComparison.Ordinal)) throw rendering.Fail(TemplateFault.Unsupported, $"access to '{name}', which is unsafe,");
    }

    private static UndefinedValue NoAttribute(Value of, string name) =>
        new($"'{Shown(of)}' has no attribute '{name}'");

    private static UndefinedValue NoElement(Value of, Value key) =>
        new($"{Shown(of)} has no element {(key is IntValue number ? number.Of : $"of type {key.Type}")}");

    private static string Shown(Value of) => of is NoneValue ? "None" : $"{of.Type} object";

    private static Value Character(Rendering rendering, string text, long at)
    {
        rendering.Scan(text.Length);
        var length = PythonText.Length(text);
        if (at < 0) at += length;
        if (at < 0 || at >= length) return new UndefinedValue($"str object has no element {at}");
        if (length == text.Length) return new TextValue(text[(int)at].ToString());
        rendering.Step(text.Length);
        return new TextValue(PythonText.Characters(text)[at]);
    }

    private static long? Bound(Value? value) => value switch
    {
        null or NoneValue => null,
        IntValue number => number.Of,
        BoolValue flag => flag.Of ? 1 : 0,
        _ => null,
    };

    // Python's rule: bounds count from the end where negative, and are cut to what is there.
    private static (long First, long Count) Places(long length, long? start, long? stop, long step)
    {
        long Cut(long bound, long low, long high) => Math.Clamp(bound < 0 ? Math.Max(bound, -length - 1) + length : bound, low, high);
        if (step > 0)
        {
            var (from, to) = (start is { } a ? Cut(a, 0, length) : 0, stop is { } b ? Cut(b, 0, length) : length);
            return (from, to <= from ? 0 : ((to - from - 1) / step) + 1);
        }
        var (first, last) = (start is { } c ? Cut(c, -1, length - 1) : length - 1, stop is { } d ? Cut(d, -1, length - 1) : -1);
        return (first, first <= last ? 0 : ((first - last - 1) / -Math.Max(step, -length - 1)) + 1);
    }

    private static IEnumerable<int> Taken((long First, long Count) places, long step)
    {
        for (long i = 0; i < places.Count; i++) yield return (int)(places.First + (i * step));
    }
}
