namespace Sera.Model.Tokenization.Chat;

/// <summary>The values with which a filter, a test, a macro or a method is called.</summary>
internal sealed record Arguments(Value[] Positional, (string Name, Value Value)[] Named)
{
    public static Arguments None { get; } = new([], []);

    /// <returns>One slot a name, in their order; null where nothing was given.</returns>
    /// <param name="required">How many of the first names must be given.</param>
    public Value?[] Bind(Rendering rendering, string callee, int required, params ReadOnlySpan<string> names)
    {
        var bound = new Value?[names.Length];
        if (Positional.Length > names.Length) throw rendering.OfType($"{callee} takes at most {names.Length} arguments, not {Positional.Length}");
        Positional.CopyTo(bound, 0);
        foreach (var (name, value) in Named)
        {
            var at = names.IndexOf(name);
            if (at < 0) throw rendering.OfType($"{callee} has no argument '{name}'");
            if (bound[at] is not null) throw rendering.OfType($"{callee} has two values for '{name}'");
            bound[at] = value;
        }
        for (var i = 0; i < required; i++)
        {
            if (bound[i] is null) throw rendering.OfType($"{callee} lacks the argument '{names[i]}'");
        }
        return bound;
    }

    /// <summary>As <see cref="Bind"/>, for methods of Python that take no names.</summary>
    public Value?[] Positions(Rendering rendering, string callee, int required, int most)
    {
        if (Named.Length > 0) throw rendering.OfType($"{callee} takes no argument '{Named[0].Name}'");
        if (Positional.Length < required || Positional.Length > most)
            throw rendering.OfType($"{callee} takes {(required == most ? $"{most}" : $"{required} to {most}")} arguments, not {Positional.Length}");
        var bound = new Value?[most];
        Positional.CopyTo(bound, 0);
        return bound;
    }
}
