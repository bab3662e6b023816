namespace Sera.Model.Tokenization.Chat;

/// <summary>The tests of "is", as Jinja 3.1 defines them.</summary>
internal static class Tests
{
    private delegate bool Test(Rendering rendering, Value value, Arguments arguments);

    private static readonly Dictionary<string, Test> Table = new(StringComparer.Ordinal)
    {
        ["defined"] = Plain(value => value is not UndefinedValue),
        ["undefined"] = Plain(value => value is UndefinedValue),
        ["none"] = Plain(value => value is NoneValue),
        ["true"] = Plain(value => value is BoolValue { Of: true }),
        ["false"] = Plain(value => value is BoolValue { Of: false }),
        ["boolean"] = Plain(value => value is BoolValue),
        ["integer"] = Plain(value => value is IntValue),
        ["float"] = Plain(value => value is FloatValue),
        ["number"] = Plain(value => value is IntValue or FloatValue or BoolValue),
        ["string"] = Plain(value => value is TextValue),
        ["mapping"] = Plain(value => value is MapValue),
        ["iterable"] = Plain(value => value is TextValue or MapValue or SequenceValue or UndefinedValue or LoopValue),
        ["sequence"] = Plain(value => value is TextValue or MapValue or UndefinedValue
            or SequenceValue { Kind: SequenceKind.List or SequenceKind.Tuple or SequenceKind.Range }),
        ["callable"] = Plain(value => value is CallableValue),
        ["odd"] = (r, value, arguments) => Remainder(r, value, Plainly(r, arguments, new IntValue(2)), 1),
        ["even"] = (r, value, arguments) => Remainder(r, value, Plainly(r, arguments, new IntValue(2)), 0),
        ["divisibleby"] = (r, value, arguments) => Remainder(r, value, Other(r, arguments), 0),
        ["in"] = (r, value, arguments) => Operations.Contains(r, Other(r, arguments), value),
        ["equalto"] = Equal,
        ["eq"] = Equal,
        ["=="] = Equal,
        ["ne"] = (r, value, arguments) => !Equal(r, value, arguments),
        ["!="] = (r, value, arguments) => !Equal(r, value, arguments),
        ["lt"] = Ordered(order => order < 0),
        ["lessthan"] = Ordered(order => order < 0),
        ["<"] = Ordered(order => order < 0),
        ["le"] = Ordered(order => order <= 0),
        ["<="] = Ordered(order => order <= 0),
        ["gt"] = Ordered(order => order > 0),
        ["greaterthan"] = Ordered(order => order > 0),
        [">"] = Ordered(order => order > 0),
        ["ge"] = Ordered(order => order >= 0),
        [">="] = Ordered(order => order >= 0),
    };

    public static bool Known(string name) => Table.ContainsKey(name);

    /// <param name="name">A known one, or one that a template names only while it runs, as in selectattr("role", "equalto", "user").</param>
    public static bool Apply(Rendering rendering, string name, Value value, Arguments arguments)
    {
        rendering.Step();
        return Table.TryGetValue(name, out var test)
            ? test(rendering, value, arguments)
            : throw rendering.Fail(TemplateFault.Unsupported, $"the test '{name}'");
    }

    private static Test Plain(Func<Value, bool> holds) => (rendering, value, arguments) => holds(Plainly(rendering, arguments, value));

    private static Test Ordered(Func<int, bool> holds) =>
        (rendering, value, arguments) => holds(Operations.Compare(rendering, value, Other(rendering, arguments)));

    private static bool Equal(Rendering rendering, Value value, Arguments arguments) => Operations.AreEqual(rendering, value, Other(rendering, arguments));

    private static bool Remainder(Rendering rendering, Value value, Value by, long rest) =>
        Sums.Apply(rendering, "%", value, by) is IntValue remainder && remainder.Of == rest;

    private static Value Plainly(Rendering rendering, Arguments arguments, Value value)
    {
        arguments.Positions(rendering, "the test", 0, 0);
        return value;
    }

    private static Value Other(Rendering rendering, Arguments arguments) => arguments.Positions(rendering, "the test", 1, 1)[0]!;
}
