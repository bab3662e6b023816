using System.Text.Json;
using Sera.Model.Data;

namespace Sera.Model.Tokenization.Chat;

/// <summary>
/// How a model wants a conversation written: the Jinja template of its Hugging Face folder, rendered as transformers does it
/// (apply_chat_template). Templates are not trusted: see <see cref="TemplateLimits"/>. Immutable, safe for many threads.
/// </summary>
public sealed class ChatTemplate
{
    private const string File = "chat_template.jinja";
    private const string ConfigFile = "tokenizer_config.json";
    private const string Member = "chat_template";
    private const int LongestMessage = 200;

    private readonly string _where;
    private readonly Template _template;
    private readonly KeyValuePair<string, Value>[] _tokens;
    private readonly DateTime? _now;

    private ChatTemplate(string where, string source, KeyValuePair<string, Value>[] tokens, DateTime? now)
    {
        (_where, _tokens, _now) = (where, tokens, now);
        try
        {
            _template = Template.Parse(source);
        }
        catch (TemplateException e)
        {
            throw Refuse(e);
        }
    }

    /// <summary>Where it stands: a file, and the member in it.</summary>
    public string Where => _where;

    /// <param name="folder">Of a policy: chat_template.jinja, else "chat_template" of tokenizer_config.json: a text, or a list of named ones of which
    /// "default" is meant.</param>
    /// <param name="now">What the template's strftime_now tells; null = it has no such function, and a template that needs one is refused.</param>
    /// <returns>null where the folder has no template.</returns>
    /// <exception cref="InputException">It cannot be read or is not supported.</exception>
    public static ChatTemplate? Load(string folder, DateTime? now = null)
    {
        if (Source(folder) is not var (where, source)) return null;
        var special = new SpecialIds(folder);
        var tokens = new List<KeyValuePair<string, Value>>();
        foreach (var role in new[] { "bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token" })
        {
            if (special.Named(role) is var (content, _)) tokens.Add(new(role, new TextValue(content)));
        }
        if (special.Additional() is { Length: > 0 } additional)
            tokens.Add(new("additional_special_tokens", new SequenceValue([.. additional.Select(token => new TextValue(token))], SequenceKind.List)));
        return new ChatTemplate(where, source, [.. tokens], now);
    }

    /// <param name="messages">A list of objects; those of a usual template have "role" and "content".</param>
    /// <param name="generationPrompt">Whether the text ends where the assistant's answer begins.</param>
    /// <exception cref="InputException">The template refuses the messages, or exceeds a limit.</exception>
    public string Render(JsonElement messages, bool generationPrompt)
    {
        try
        {
            return Render([JsonValues.Of(messages) is SequenceValue list ? list : throw new TemplateException(TemplateFault.Type, 1, "messages that are no list")], generationPrompt);
        }
        catch (TemplateException e)
        {
            throw Refuse(e);
        }
    }

    /// <summary>Renders lists of messages as one conversation.</summary>
    /// <exception cref="TemplateException">As it says; <see cref="TemplateException.OfConversation"/> tells whose fault it is.</exception>
    internal string Render(ReadOnlySpan<SequenceValue> messages, bool generationPrompt)
    {
        var all = new List<Value>();
        foreach (var part in messages) all.AddRange(part.Items);
        KeyValuePair<string, Value>[] variables =
        [
            .. _tokens,
            new("messages", new SequenceValue(all, SequenceKind.List)),
            new("tools", NoneValue.Only),
            new("documents", NoneValue.Only),
            new("add_generation_prompt", BoolValue.From(generationPrompt)),
        ];
        return _template.Render(variables, _now);
    }

    /// <summary>The failure as bad input: the template's name and line, what was found, what to do.</summary>
    internal InputException Refuse(TemplateException e)
    {
        var found = Shown(e);
        return e.Fault switch
        {
            TemplateFault.Syntax => new InputException(_where, e.Line, found, "a chat template in Jinja", "correct the template or fetch it again"),
            TemplateFault.Unsupported => new InputException(
                _where, e.Line, $"{found} is not supported", "the part of Jinja that chat templates use", "write that part of the template differently"),
            TemplateFault.Limit => new InputException(_where, e.Line, found, "a chat template that stays within its limits", "use a template that you trust, or a simpler one"),
            _ => new InputException(_where, e.Line, found, "a conversation that this chat template can write", "correct the conversation or the template"),
        };
    }

    /// <summary>What failed, as one line of a readable length.</summary>
    internal static string Shown(TemplateException e)
    {
        var line = e.Message.ReplaceLineEndings(" ");
        return line.Length <= LongestMessage ? line : line[..LongestMessage] + "...";
    }

    private static (string Where, string Source)? Source(string folder)
    {
        var file = Path.Combine(folder, File);
        if (System.IO.File.Exists(file))
        {
            try
            {
                return (file, System.IO.File.ReadAllText(file));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InputException(file, "it cannot be read", "a readable file", "check its permissions");
            }
        }
        var config = JsonPart.ReadFile(Path.Combine(folder, ConfigFile));
        if (config?.Optional(Member) is not { } part) return null;
        var where = $"{Path.Combine(folder, ConfigFile)} ({Member})";
        if (part.Element.ValueKind != JsonValueKind.Array) return (where, config.Text(Member));
        foreach (var named in config.Items(Member))
        {
            if (named.Text("name") == "default") return (where, named.Text("template"));
        }
        throw part.Refuse("named templates without one for conversations", "one with the name \"default\"");
    }
}
