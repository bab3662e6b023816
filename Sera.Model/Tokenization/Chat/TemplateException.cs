namespace Sera.Model.Tokenization.Chat;

/// <summary>Why a template gave no text.</summary>
internal enum TemplateFault
{
    /// <summary>It is not Jinja.</summary>
    Syntax,

    /// <summary>It asks for something that is not supported here, or that no template may do.</summary>
    Unsupported,

    /// <summary>It exceeds one of <see cref="TemplateLimits"/>.</summary>
    Limit,

    /// <summary>It called raise_exception: this conversation does not suit it.</summary>
    Raised,

    /// <summary>It used a value that is not there.</summary>
    Undefined,

    /// <summary>It used a value in a way that its type does not allow.</summary>
    Type,
}

/// <summary>Carries a template's failure to <see cref="ChatTemplate"/>, which knows the template's name.</summary>
/// <param name="line">Of the template, from 1.</param>
internal sealed class TemplateException(TemplateFault fault, int line, string found) : Exception(found)
{
    public TemplateFault Fault { get; } = fault;

    public int Line { get; } = line;

    /// <summary>Another conversation may do: the fault lies in this one, not in the template as such.</summary>
    public bool OfConversation => Fault is TemplateFault.Raised or TemplateFault.Undefined or TemplateFault.Type;
}
