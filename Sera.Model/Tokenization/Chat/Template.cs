namespace Sera.Model.Tokenization.Chat;

/// <summary>A Jinja template, parsed once. Immutable, safe for many threads.</summary>
internal sealed class Template
{
    private readonly Statement[] _body;

    private Template(Statement[] body) => _body = body;

    /// <exception cref="TemplateException">It is too long, broken, or uses what is not supported.</exception>
    public static Template Parse(string source) => source.Length > TemplateLimits.SourceCharacters
        ? throw new TemplateException(TemplateFault.Limit, 1, $"more than {TemplateLimits.SourceCharacters} characters of source")
        : new Template(StatementParser.Parse(source));

    /// <param name="now">What strftime_now tells; null = there is no such function.</param>
    /// <exception cref="TemplateException">It refuses the values, or exceeds a limit.</exception>
    public string Render(IEnumerable<KeyValuePair<string, Value>> variables, DateTime? now = null)
    {
        var rendering = new Rendering(now);
        var scope = new Scope(null);
        foreach (var (name, value) in variables) scope.Set(name, value);
        return new Executor(rendering).Run(_body, scope);
    }
}
