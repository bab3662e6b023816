namespace Sera.Model.Tokenization.Chat;

/// <summary>Methods of dicts, lists and loops, and the way to those of texts.</summary>
internal static class Methods
{
    private static readonly HashSet<string> OtherOfMaps = ["clear", "copy", "fromkeys", "pop", "popitem", "setdefault", "update"];
    private static readonly HashSet<string> OtherOfLists = ["append", "clear", "copy", "extend", "insert", "pop", "remove", "reverse", "sort"];

    private static readonly HashSet<string> OfNumbers =
    [
        "as_integer_ratio", "bit_count", "bit_length", "conjugate", "denominator", "from_bytes", "fromhex", "hex", "imag", "is_integer", "numerator", "real", "to_bytes",
    ];

    /// <returns>The method bound to the value; null where its type has none of this name.</returns>
    public static CallableValue? Of(Rendering rendering, Value of, string name) => of switch
    {
        TextValue text => TextMethods.Of(rendering, text.Of, name),
        MapValue map => OfMap(rendering, map, name),
        SequenceValue { Kind: SequenceKind.List or SequenceKind.Tuple } list => OfList(rendering, list, name),
        LoopValue loop => OfLoop(rendering, loop, name),
        IntValue or FloatValue or BoolValue when OfNumbers.Contains(name) => throw Refused(rendering, of.Type, name),
        _ => null,
    };

    public static TemplateException Refused(Rendering rendering, string type, string name) =>
        rendering.Fail(TemplateFault.Unsupported, $"the method '{name}' of a {type}");

    /// <summary>The pairs of a dict as tuples.</summary>
    public static IReadOnlyList<Value> Pairs(Rendering rendering, MapValue map)
    {
        rendering.Step(map.Items.Count);
        return [.. map.Items.Select(item => new SequenceValue([new TextValue(item.Key), item.Value], SequenceKind.Tuple))];
    }

    private static CallableValue? OfMap(Rendering rendering, MapValue map, string name)
    {
        CallableValue View(Func<IReadOnlyList<Value>> items) => new(name, arguments =>
        {
            arguments.Positions(rendering, name, 0, 0);
            return new SequenceValue(items(), SequenceKind.View);
        });
        switch (name)
        {
            case "items": return View(() => Pairs(rendering, map));
            case "keys": return View(() => Operations.Iterate(rendering, map));
            case "values":
                return View(() =>
                {
                    rendering.Step(map.Items.Count);
                    return [.. map.Items.Values];
                });
            case "get":
                return new CallableValue(name, arguments =>
                {
                    var bound = arguments.Positions(rendering, "get", 1, 2);
                    return (bound[0] is TextValue key ? map.Items.GetValueOrDefault(key.Of) : null) ?? bound[1] ?? NoneValue.Only;
                });
            default:
                return OtherOfMaps.Contains(name) && !map.Items.ContainsKey(name) ? throw Refused(rendering, map.Type, name) : null;
        }
    }

    private static CallableValue? OfList(Rendering rendering, SequenceValue list, string name)
    {
        switch (name)
        {
            case "index":
                return new CallableValue(name, arguments =>
                {
                    var wanted = arguments.Positions(rendering, name, 1, 1)[0]!;
                    for (var i = 0; i < list.Items.Count; i++)
                    {
                        if (Operations.AreEqual(rendering, list.Items[i], wanted)) return new IntValue(i);
                    }
                    throw rendering.OfType($"the item is not in the {list.Type}");
                });
            case "count":
                return new CallableValue(name, arguments =>
                {
                    var wanted = arguments.Positions(rendering, name, 1, 1)[0]!;
                    return new IntValue(list.Items.Count(item => Operations.AreEqual(rendering, item, wanted)));
                });
            default:
                return OtherOfLists.Contains(name) ? throw Refused(rendering, list.Type, name) : null;
        }
    }

    private static CallableValue? OfLoop(Rendering rendering, LoopValue loop, string name) => name switch
    {
        "cycle" => new CallableValue(name, arguments => arguments.Positional.Length > 0 && arguments.Named.Length == 0
            ? arguments.Positional[loop.Index % arguments.Positional.Length]
            : throw rendering.OfType("no items for cycling given")),
        "changed" => throw Refused(rendering, "loop", name),
        _ => null,
    };
}
