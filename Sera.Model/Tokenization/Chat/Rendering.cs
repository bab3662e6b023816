using System.Runtime.CompilerServices;

namespace Sera.Model.Tokenization.Chat;

/// <summary>What one rendering has used so far, and where it is. One thread's.</summary>
/// <param name="now">What strftime_now tells; null = templates are told no time.</param>
internal sealed class Rendering(DateTime? now)
{
    private long _steps;
    private long _characters;
    private int _depth;

    public DateTime? Now { get; } = now;

    /// <summary>Line of the template that is being evaluated, from 1.</summary>
    public int Line { get; set; } = 1;

    public void Step(long count = 1)
    {
        _steps += count;
        if (_steps > TemplateLimits.Steps) throw Fail(TemplateFault.Limit, $"more than {TemplateLimits.Steps} steps");
    }

    /// <summary>Counts a text before it is made.</summary>
    public void Characters(long count)
    {
        _characters += count;
        if (_characters > TemplateLimits.Characters) throw Fail(TemplateFault.Limit, $"more than {TemplateLimits.Characters} characters of text");
    }

    /// <summary>Counts looking through a text.</summary>
    public void Scan(long characters) => Step(characters / TemplateLimits.CharactersPerStep);

    /// <summary>Counts looking for one text in another, which at its worst compares every character of one with every one of the other.</summary>
    public void Search(long characters, long wanted) => Step((characters / TemplateLimits.CharactersPerStep) + (characters * wanted / TemplateLimits.ComparisonsPerStep));

    public TextValue Text(string text)
    {
        Characters(text.Length);
        return new TextValue(text);
    }

    public void Enter()
    {
        if (++_depth > TemplateLimits.Depth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw Fail(TemplateFault.Limit, $"more than {TemplateLimits.Depth} levels of nesting or recursion");
    }

    public void Leave() => _depth--;

    public TemplateException Fail(TemplateFault fault, string found) => new(fault, Line, found);

    public TemplateException OfType(string found) => Fail(TemplateFault.Type, found);

    public TemplateException Missing(UndefinedValue value) => Fail(TemplateFault.Undefined, value.Message);
}
