namespace Sera.Model.Tokenization.Chat;

/// <summary>Variables of a template, a loop's turn or a macro's call. A value set inside is gone outside; only a namespace carries it out.</summary>
internal sealed class Scope(Scope? outer)
{
    private Dictionary<string, Value>? _values;

    /// <summary>Scopes around this one: what looking for a name may cost.</summary>
    public int Depth { get; } = outer is null ? 0 : outer.Depth + 1;

    private Scope? Outer { get; } = outer;

    public Value? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._values?.TryGetValue(name, out var value) == true) return value;
        }
        return null;
    }

    public void Set(string name, Value value) => (_values ??= new Dictionary<string, Value>(StringComparer.Ordinal))[name] = value;

}
