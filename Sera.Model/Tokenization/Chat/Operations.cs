namespace Sera.Model.Tokenization.Chat;

/// <summary>Truth, equality, order, membership and iteration, as Python and Jinja define them.</summary>
internal static class Operations
{
    public static bool IsTrue(Value value) => value switch
    {
        NoneValue or UndefinedValue => false,
        BoolValue flag => flag.Of,
        IntValue number => number.Of != 0,
        FloatValue number => number.Of != 0,
        TextValue text => text.Of.Length > 0,
        SequenceValue { Kind: not SequenceKind.Iterator } sequence => sequence.Items.Count > 0,
        MapValue map => map.Items.Count > 0,
        _ => true,
    };

    public static bool AreEqual(Rendering rendering, Value left, Value right)
    {
        rendering.Step();
        if (Number(left) is { } a && Number(right) is { } b)
            return left is FloatValue || right is FloatValue ? a.AsDouble == b.AsDouble : a.AsLong == b.AsLong;
        switch (left, right)
        {
            case (NoneValue, NoneValue) or (UndefinedValue, UndefinedValue):
                return true;
            case (TextValue x, TextValue y):
                rendering.Scan(Math.Min(x.Of.Length, y.Of.Length));
                return x.Of == y.Of;
            case (SequenceValue x, SequenceValue y) when x.Kind == y.Kind && x.Kind is not (SequenceKind.Iterator or SequenceKind.View):
                if (x.Items.Count != y.Items.Count) return false;
                return Deeper(rendering, () => x.Items.Zip(y.Items).All(pair => AreEqual(rendering, pair.First, pair.Second)));
            case (MapValue x, MapValue y):
                if (x.Items.Count != y.Items.Count) return false;
                return Deeper(rendering, () => x.Items.All(item => y.Items.TryGetValue(item.Key, out var other) && AreEqual(rendering, item.Value, other)));
            default:
                return ReferenceEquals(left, right);
        }
    }

    /// <summary>Order of two numbers or two texts.</summary>
    public static int Compare(Rendering rendering, Value left, Value right)
    {
        rendering.Step();
        if (Number(left) is { } a && Number(right) is { } b)
        {
            if (left is not FloatValue && right is not FloatValue) return a.AsLong.CompareTo(b.AsLong);
            if (double.IsNaN(a.AsDouble) || double.IsNaN(b.AsDouble)) throw rendering.Fail(TemplateFault.Unsupported, "a comparison with NaN");
            return a.AsDouble.CompareTo(b.AsDouble);
        }
        if ((left, right) is (TextValue x, TextValue y))
        {
            rendering.Scan(Math.Min(x.Of.Length, y.Of.Length));
            return PythonText.Compare(x.Of, y.Of);
        }
        if ((left as UndefinedValue ?? right as UndefinedValue) is { } missing) throw rendering.Missing(missing);
        if (left is SequenceValue && right is SequenceValue) throw rendering.Fail(TemplateFault.Unsupported, "the order of two lists");
        throw rendering.OfType($"'<' not supported between instances of '{left.Type}' and '{right.Type}'");
    }

    public static bool Contains(Rendering rendering, Value whole, Value part)
    {
        switch (whole)
        {
            case TextValue text:
                if (part is UndefinedValue) throw rendering.OfType("'in <string>' requires string as left operand, not Undefined");
                if (part is not TextValue inner) throw rendering.OfType($"'in <string>' requires string as left operand, not {part.Type}");
                rendering.Search(text.Of.Length, inner.Of.Length);
                return text.Of.Contains(inner.Of, StringComparison.Ordinal);
            case MapValue map:
                return part switch
                {
                    TextValue key => map.Items.ContainsKey(key.Of),
                    SequenceValue { Kind: SequenceKind.List } or MapValue => throw rendering.OfType($"unhashable type: '{part.Type}'"),
                    _ => false,
                };
            case SequenceValue sequence:
                return sequence.Pass().Any(item => AreEqual(rendering, item, part));
            case UndefinedValue:
                return false;
            default:
                throw rendering.OfType($"argument of type '{whole.Type}' is not iterable");
        }
    }

    /// <summary>What a loop over the value runs over: a text's characters, a dict's keys, nothing of what is not there.</summary>
    public static IReadOnlyList<Value> Iterate(Rendering rendering, Value value)
    {
        switch (value)
        {
            case SequenceValue sequence:
                var items = sequence.Pass();
                rendering.Step(items.Count);
                return items;
            case MapValue map:
                rendering.Step(map.Items.Count);
                return [.. map.Items.Keys.Select(key => new TextValue(key))];
            case TextValue text:
                rendering.Step(text.Of.Length);
                return [.. PythonText.Characters(text.Of).Select(character => new TextValue(character))];
            case UndefinedValue:
                return [];
            default:
                throw rendering.OfType($"'{value.Type}' object is not iterable");
        }
    }

    public static long Length(Rendering rendering, Value value)
    {
        switch (value)
        {
            case TextValue text:
                rendering.Scan(text.Of.Length);
                return PythonText.Length(text.Of);
            case SequenceValue { Kind: not SequenceKind.Iterator } sequence:
                return sequence.Items.Count;
            case MapValue map:
                return map.Items.Count;
            case UndefinedValue:
                return 0;
            default:
                throw rendering.OfType($"object of type '{value.Type}' has no len()");
        }
    }

    /// <summary>The value as a number; true and false are 1 and 0. null = it is none.</summary>
    public static (long AsLong, double AsDouble)? Number(Value value) => value switch
    {
        IntValue number => (number.Of, number.Of),
        FloatValue number => (0, number.Of),
        BoolValue flag => flag.Of ? (1, 1.0) : (0, 0.0),
        _ => null,
    };

    private static bool Deeper(Rendering rendering, Func<bool> compare)
    {
        rendering.Enter();
        var equal = compare();
        rendering.Leave();
        return equal;
    }
}
