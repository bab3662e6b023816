namespace Sera.Model.Tokenization.Chat;

/// <summary>Values of expressions.</summary>
internal sealed class Evaluator(Rendering rendering)
{
    public Value Of(Expression expression, Scope scope)
    {
        rendering.Line = expression.Line;
        rendering.Step();
        rendering.Enter();
        var value = Inner(expression, scope);
        rendering.Leave();
        return value;
    }

    public Arguments Of(ArgumentsOf arguments, Scope scope) => arguments.Positional.Length + arguments.Named.Length == 0
        ? Arguments.None
        : new Arguments(
            [.. arguments.Positional.Select(argument => Of(argument, scope))], [.. arguments.Named.Select(argument => (argument.Name, Of(argument.Value, scope)))]);

    private Value Inner(Expression expression, Scope scope) => expression switch
    {
        Constant constant => constant.Value,
        Name name => Variable(name.Of, scope),
        ListOf list => new SequenceValue([.. list.Items.Select(item => Of(item, scope))], list.Kind),
        MapOf map => Map(map, scope),
        Attribute attribute => At(expression, Of(attribute.Of, scope), of => Access.Attribute(rendering, of, attribute.Name)),
        Item item => Subscript(item, scope),
        Slice slice => Slice(slice, scope),
        Call call => Call(call, scope),
        FilterOf filter => Filter(filter, scope),
        TestOf test => Test(test, scope),
        Not not => BoolValue.From(!Operations.IsTrue(Of(not.Of, scope))),
        Signed signed => At(expression, Of(signed.Of, scope), of => Sums.Signed(rendering, of, signed.Negative)),
        Arithmetic sum => Sum(sum, scope),
        Comparison comparison => Compare(comparison, scope),
        Joined joined => TextParts.Join(rendering, "", [.. joined.Items.Select(item => Of(item, scope))], strict: false),
        AnyOf any => FirstThat(any.Items, scope, wanted: true),
        AllOf all => FirstThat(all.Items, scope, wanted: false),
        Conditional conditional => Choose(conditional, scope),
        _ => throw rendering.Fail(TemplateFault.Unsupported, "an expression"),
    };

    // What lies inside may have moved the line; a failure of the whole is told by where the whole stands.
    private Value At(Expression expression, Value value, Func<Value, Value> then)
    {
        rendering.Line = expression.Line;
        return then(value);
    }

    private Value Variable(string name, Scope scope)
    {
        rendering.Step(scope.Depth / TemplateLimits.ScopesPerStep);
        return scope.Find(name) ?? Globals.Of(rendering, name) ?? new UndefinedValue($"'{name}' is undefined");
    }

    private MapValue Map(MapOf map, Scope scope)
    {
        var items = new OrderedDictionary<string, Value>(StringComparer.Ordinal);
        foreach (var (key, value) in map.Items)
        {
            if (Of(key, scope) is not TextValue { Of: var name }) throw rendering.Fail(TemplateFault.Unsupported, "a dict whose keys are no texts");
            items[name] = Of(value, scope);
        }
        return new MapValue(items);
    }

    private Value Subscript(Item item, Scope scope)
    {
        var of = Of(item.Of, scope);
        var key = Of(item.Key, scope);
        return At(item, of, value => Access.Item(rendering, value, key));
    }

    private Value Slice(Slice slice, Scope scope)
    {
        Value? Part(Expression? part) => part is null ? null : Of(part, scope);
        var (of, start, stop, step) = (Of(slice.Of, scope), Part(slice.Start), Part(slice.Stop), Part(slice.Step));
        return At(slice, of, value => Access.Slice(rendering, value, start, stop, step));
    }

    private Value Call(Call call, Scope scope)
    {
        var of = Of(call.Of, scope);
        var arguments = Of(call.Arguments, scope);
        rendering.Line = call.Line;
        return of switch
        {
            CallableValue callable => callable.Call(arguments),
            UndefinedValue missing => throw rendering.Missing(missing),
            LoopValue => throw rendering.Fail(TemplateFault.Unsupported, "a recursive loop"),
            _ => throw rendering.OfType($"'{of.Type}' object is not callable"),
        };
    }

    private Value Filter(FilterOf filter, Scope scope)
    {
        var of = Of(filter.Of, scope);
        var arguments = Of(filter.Arguments, scope);
        return At(filter, of, value => Filters.Apply(rendering, filter.Name, value, arguments));
    }

    private Value Test(TestOf test, Scope scope)
    {
        var of = Of(test.Of, scope);
        var arguments = Of(test.Arguments, scope);
        return At(test, of, value => BoolValue.From(Tests.Apply(rendering, test.Name, value, arguments) != test.Negated));
    }

    private Value Sum(Arithmetic sum, Scope scope)
    {
        var value = Of(sum.First, scope);
        foreach (var (op, other) in sum.Rest)
        {
            var right = Of(other, scope);
            value = At(sum, value, left => Sums.Apply(rendering, op, left, right));
        }
        return value;
    }

    private BoolValue Compare(Comparison comparison, Scope scope)
    {
        var left = Of(comparison.First, scope);
        foreach (var (op, other) in comparison.Rest)
        {
            var right = Of(other, scope);
            rendering.Line = comparison.Line;
            var holds = op switch
            {
                "==" => Operations.AreEqual(rendering, left, right),
                "!=" => !Operations.AreEqual(rendering, left, right),
                "in" => Operations.Contains(rendering, right, left),
                "not in" => !Operations.Contains(rendering, right, left),
                "<" => Operations.Compare(rendering, left, right) < 0,
                "<=" => Operations.Compare(rendering, left, right) <= 0,
                ">" => Operations.Compare(rendering, left, right) > 0,
                _ => Operations.Compare(rendering, left, right) >= 0,
            };
            if (!holds) return BoolValue.False;
            left = right;
        }
        return BoolValue.True;
    }

    private Value FirstThat(Expression[] items, Scope scope, bool wanted)
    {
        Value value = NoneValue.Only;
        foreach (var item in items)
        {
            value = Of(item, scope);
            if (Operations.IsTrue(value) == wanted) break;
        }
        return value;
    }

    private Value Choose(Conditional conditional, Scope scope)
    {
        if (Operations.IsTrue(Of(conditional.Test, scope))) return Of(conditional.Then, scope);
        return conditional.Else is { } other
            ? Of(other, scope)
            : new UndefinedValue("the inline if-expression evaluated to false and no else section was defined.");
    }
}
