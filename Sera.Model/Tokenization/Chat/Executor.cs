using System.Text;

namespace Sera.Model.Tokenization.Chat;

/// <summary>Runs statements and collects what they print.</summary>
internal sealed class Executor(Rendering rendering)
{
    private readonly Evaluator _evaluator = new(rendering);

    private enum Flow
    {
        On,
        Break,
        Continue,
    }

    public string Run(Statement[] body, Scope scope)
    {
        var output = new StringBuilder();
        Body(body, scope, output);
        return output.ToString();
    }

    private Flow Body(Statement[] body, Scope scope, StringBuilder output)
    {
        rendering.Enter();
        var flow = Flow.On;
        foreach (var statement in body)
        {
            flow = One(statement, scope, output);
            if (flow != Flow.On) break;
        }
        rendering.Leave();
        return flow;
    }

    private Flow One(Statement statement, Scope scope, StringBuilder output)
    {
        rendering.Line = statement.Line;
        rendering.Step();
        switch (statement)
        {
            case Literal literal:
                Print(output, literal.Text);
                return Flow.On;
            case Output printed:
                // Text is never escaped here, so that marking it as safe changes nothing.
                var value = printed.Value is FilterOf { Name: Filters.Safe } safe ? safe.Of : printed.Value;
                Print(output, ValueText.Of(rendering, _evaluator.Of(value, scope)));
                return Flow.On;
            case If choice:
                foreach (var (test, body) in choice.Branches)
                {
                    if (Operations.IsTrue(_evaluator.Of(test, scope))) return Body(body, scope, output);
                }
                return Body(choice.Else, scope, output);
            case For loop:
                return Loop(loop, scope, output);
            case Set set:
                Assign(set.Line, set.Targets, _evaluator.Of(set.Value, scope), scope);
                return Flow.On;
            case SetBlock block:
                Value text = new TextValue(Run(block.Body, new Scope(scope)));
                foreach (var (name, arguments) in block.Filters) text = Filters.Apply(rendering, name, text, _evaluator.Of(arguments, scope));
                Assign(block.Line, [block.Target], text, scope);
                return Flow.On;
            case MacroOf macro:
                scope.Set(macro.Name, new CallableValue(macro.Name, arguments => Call(macro, arguments, scope)));
                return Flow.On;
            case Group group:
                return Body(group.Body, new Scope(scope), output);
            default:
                return statement is Break ? Flow.Break : Flow.Continue;
        }
    }

    private void Print(StringBuilder output, string text)
    {
        rendering.Characters(text.Length);
        output.Append(text);
    }

    private Flow Loop(For loop, Scope scope, StringBuilder output)
    {
        var items = Operations.Iterate(rendering, _evaluator.Of(loop.Items, scope));
        if (loop.Condition is { } condition)
        {
            var kept = new List<Value>();
            foreach (var item in items)
            {
                var turn = new Scope(scope);
                Bind(loop, item, turn);
                if (Operations.IsTrue(_evaluator.Of(condition, turn))) kept.Add(item);
            }
            items = kept;
        }
        if (items.Count == 0) return Body(loop.Else, scope, output);
        var told = new LoopValue(items);
        for (var i = 0; i < items.Count; i++)
        {
            told.Index = i;
            var turn = new Scope(scope);
            turn.Set("loop", told);
            Bind(loop, items[i], turn);
            if (Body(loop.Body, turn, output) == Flow.Break) break;
        }
        return Flow.On;
    }

    private void Bind(For loop, Value item, Scope turn)
    {
        rendering.Line = loop.Line;
        rendering.Step();
        if (loop.Targets.Length == 1) turn.Set(loop.Targets[0], item);
        else Assign(loop.Line, [.. loop.Targets.Select(name => new Target(name, null))], item, turn);
    }

    private void Assign(int line, Target[] targets, Value value, Scope scope)
    {
        rendering.Line = line;
        if (targets.Length == 1)
        {
            Assign(targets[0], value, scope);
            return;
        }
        var parts = Operations.Iterate(rendering, value);
        if (parts.Count != targets.Length) throw rendering.OfType($"{parts.Count} values for {targets.Length} variables");
        for (var i = 0; i < targets.Length; i++) Assign(targets[i], parts[i], scope);
    }

    private void Assign(Target target, Value value, Scope scope)
    {
        if (target.Attribute is not { } attribute) scope.Set(target.Name, value);
        else if (scope.Find(target.Name) is NamespaceValue space) space.Items[attribute] = value;
        else throw rendering.OfType("cannot assign attribute on non-namespace object");
    }

    private TextValue Call(MacroOf macro, Arguments arguments, Scope defined)
    {
        var names = macro.Parameters.Select(parameter => parameter.Name).ToArray();
        var bound = arguments.Bind(rendering, $"macro '{macro.Name}'", 0, names);
        var scope = new Scope(defined);
        for (var i = 0; i < names.Length; i++)
        {
            var value = bound[i] ?? (macro.Parameters[i].Default is { } absent
                ? _evaluator.Of(absent, scope)
                : new UndefinedValue($"parameter '{names[i]}' was not provided"));
            scope.Set(names[i], value);
        }
        return new TextValue(Run(macro.Body, scope));
    }
}
