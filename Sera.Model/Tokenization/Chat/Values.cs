namespace Sera.Model.Tokenization.Chat;

// The closed set of what a template can hold. Nothing else is reachable from it: no object of the program, no type, no file.

/// <param name="type">The name that Python gives the type, for messages.</param>
internal abstract class Value(string type)
{
    public string Type { get; } = type;
}

internal sealed class NoneValue : Value
{
    private NoneValue()
        : base("NoneType")
    {
    }

    public static NoneValue Only { get; } = new();
}

/// <param name="message">What is missing, as Jinja says it.</param>
internal sealed class UndefinedValue(string message) : Value("Undefined")
{
    public string Message { get; } = message;
}

internal sealed class BoolValue : Value
{
    private BoolValue(bool of)
        : base("bool") => Of = of;

    public static BoolValue True { get; } = new(true);

    public static BoolValue False { get; } = new(false);

    public bool Of { get; }

    public static BoolValue From(bool of) => of ? True : False;
}

internal sealed class IntValue(long of) : Value("int")
{
    public long Of { get; } = of;
}

internal sealed class FloatValue(double of) : Value("float")
{
    public double Of { get; } = of;
}

internal sealed class TextValue(string of) : Value("str")
{
    public static TextValue Empty { get; } = new("");

    public string Of { get; } = of;
}

internal enum SequenceKind
{
    List,
    Tuple,
    Range,

    /// <summary>What items(), keys() and values() give: countable, without subscripts.</summary>
    View,

    /// <summary>What map, select and their kin give: it runs once, is true even when empty, and cannot be counted.</summary>
    Iterator,
}

internal sealed class SequenceValue(IReadOnlyList<Value> items, SequenceKind kind) : Value(NameOf(kind))
{
    private int _taken;

    public SequenceKind Kind { get; } = kind;

    /// <summary>All items, whatever was taken of an iterator.</summary>
    public IReadOnlyList<Value> Items { get; } = items;

    /// <summary>Items for one pass: an iterator's that were not taken yet, which are taken by it.</summary>
    public IReadOnlyList<Value> Pass()
    {
        if (Kind != SequenceKind.Iterator) return Items;
        var rest = _taken == 0 ? Items : [.. Items.Skip(_taken)];
        _taken = Items.Count;
        return rest;
    }

    /// <summary>The first item; an iterator's next one, which is taken by it. null = none.</summary>
    public Value? First()
    {
        if (_taken >= Items.Count) return null;
        return Items[Kind == SequenceKind.Iterator ? _taken++ : 0];
    }

    private static string NameOf(SequenceKind kind) => kind switch
    {
        SequenceKind.List => "list",
        SequenceKind.Tuple => "tuple",
        SequenceKind.Range => "range",
        SequenceKind.View => "view of a dict",
        _ => "generator",
    };
}

/// <summary>A dict whose keys are strings, in the order of their first mention.</summary>
internal sealed class MapValue(OrderedDictionary<string, Value> items) : Value("dict")
{
    public OrderedDictionary<string, Value> Items { get; } = items;
}

/// <summary>The one value that a template may change.</summary>
internal sealed class NamespaceValue(Dictionary<string, Value> items) : Value("Namespace")
{
    public Dictionary<string, Value> Items { get; } = items;
}

internal sealed class LoopValue(IReadOnlyList<Value> items) : Value("LoopContext")
{
    public IReadOnlyList<Value> Items { get; } = items;

    /// <summary>Place of the current item, from 0.</summary>
    public int Index { get; set; }
}

/// <summary>A macro, a method of a value, or a function that rendering gives.</summary>
internal sealed class CallableValue(string name, Func<Arguments, Value> call) : Value("function")
{
    public string Name { get; } = name;

    public Func<Arguments, Value> Call { get; } = call;
}
