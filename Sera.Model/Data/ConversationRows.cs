using System.Text.Json;
using Sera.Model.Data.Sources;
using Sera.Model.Tokenization.Chat;

namespace Sera.Model.Data;

/// <summary>
/// A row of messages ({"role", "content"}) to texts, written by the policy's chat template. The prompt is all that comes before the
/// response, with the template's opening of an answer behind it; the response is what the template writes then, its end included.
/// </summary>
/// <param name="template">null = the policy has none.</param>
/// <param name="handOn">Whether messages stay messages, as JSON, and no template is asked.</param>
/// <param name="said">Whether rows keep what the user said, beside what the template wrote.</param>
internal sealed class ConversationRows(RowOrigin origin, int line, ChatTemplate? template, bool handOn = false, bool said = false)
{
    /// <summary>
    /// Characters of all examples of one row, and messages before all its answers. Each answer comes with all before it, so that a row of many turns grows with their
    /// square: one of 64 MiB to terabytes.
    /// </summary>
    public const int MostCharacters = 1 << 26;

    private const string Fields =
        "prompt as messages with chosen and rejected as messages or strings, or chosen and rejected as conversations with a common beginning";

    public TextPair Pair(JsonElement json)
    {
        var chat = Template();
        var fields = new RowFields(json, Fields);
        var (chosen, rejected) = (Response(json, fields, "chosen"), Response(json, fields, "rejected"));
        var prompt = Messages.Prompt(json, fields, ref chosen, ref rejected);
        var written = Written(chat, prompt);
        var (first, second) = (Response(chat, prompt, written, chosen, "chosen"), Response(chat, prompt, written, rejected, "rejected"));
        if (first == second) throw new BadRowException(BadRowReasons.Identical, "chosen equals rejected", "two different responses");
        return new TextPair(line, RowParsers.Id(fields, line), written, first, second, fields.Flag("flipped"), fields.WinRate("chosen_win_rate")) { Rendered = !handOn, Messages = handOn, Said = Said(prompt) };
    }

    public TextPrompt Prompt(JsonElement json)
    {
        var fields = new RowFields(json, "prompt as messages");
        var prompt = Messages.Read("prompt", json.GetProperty("prompt"));
        return new TextPrompt(line, RowParsers.Id(fields, line), Written(Template(), prompt)) { Rendered = !handOn, Messages = handOn, Said = Said(prompt) };
    }

    /// <summary>
    /// Examples: prompt and response (or completion), or messages, of which each of the assistant's is the response to all before it. So every
    /// token of the assistant is trained on once, behind what the template writes when it is asked for it.
    /// </summary>
    public TextExample[] Examples(JsonElement json)
    {
        const string expected = "messages, or prompt and response (or completion) as messages or strings";
        var chat = Template();
        var fields = new RowFields(json, expected);
        var id = RowParsers.Id(fields, line);
        if (!Messages.Has(json, "messages"))
        {
            var name = RowParsers.Answer(fields);
            var prompt = Messages.Has(json, "prompt") ? Messages.Read("prompt", json.GetProperty("prompt")) : Messages.OfText("user", fields.Filled("prompt", BadRowReasons.EmptyPrompt));
            return [Example(chat, id, prompt, Response(json, fields, name), name)];
        }
        var messages = Messages.Read("messages", json.GetProperty("messages")).Items;
        int[] turns = [.. Enumerable.Range(0, messages.Count).Where(i => Messages.RoleOf(messages[i]) == "assistant")];
        if (turns.Length == 0) throw new BadRowException(BadRowReasons.BadConversation, "no message of the assistant", "one at least, to train on");
        var (examples, characters) = (new TextExample[turns.Length], 0L);
        for (var turn = 0; turn < turns.Length; turn++)
        {
            var at = turns[turn];
            examples[turn] = Example(
                chat, turns.Length == 1 ? id : $"{id}/{turn + 1}", new([.. messages.Take(at)], SequenceKind.List), new([messages[at]], SequenceKind.List), $"messages[{at}]");
            characters += examples[turn].Prompt.Length + examples[turn].Response.Length + at;
            if (characters > MostCharacters) throw TooMany(turns.Length, turn + 1, characters);
        }
        return examples;
    }

    private static BadRowException TooMany(int answers, int so, long characters) => new(
        BadRowReasons.TooManyTurns,
        $"{answers} answers in one conversation, of which the first {so}, each with all before it, are {characters} characters",
        $"at most {MostCharacters}: the conversation in shorter ones");

    public TextEval Eval(JsonElement json)
    {
        var prompt = Prompt(json);
        return new TextEval(line, prompt.Id, prompt.Prompt, RowParsers.Check(new RowFields(json, "prompt and check"))) { Rendered = !handOn, Messages = handOn, Said = prompt.Said };
    }

    private TextExample Example(ChatTemplate? chat, string id, SequenceValue prompt, SequenceValue response, string name)
    {
        var written = Written(chat, prompt);
        return new TextExample(line, id, written, Response(chat, prompt, written, response, name)) { Rendered = !handOn, Messages = handOn, Said = Said(prompt) };
    }

    /// <summary>Null also where the user says nothing: prompts of images alone are not all one.</summary>
    private string? Said(SequenceValue prompt)
    {
        if (!said) return null;
        var texts = prompt.Items.Where(message => Messages.RoleOf(message) == "user").Select(Messages.TextOf).Where(text => !string.IsNullOrWhiteSpace(text)).ToArray();
        return texts.Length == 0 ? null : string.Join(TextRow.Turns, texts);
    }

    private ChatTemplate? Template() => handOn ? null : template ?? throw origin.Error(
        line, "messages, and no chat template to write them with", "the policy's chat template",
        "put chat_template.jinja into the policy's folder (and name the policy), or give texts as strings");

    private static SequenceValue Response(JsonElement json, RowFields fields, string name) =>
        Messages.Has(json, name)
            ? Messages.Read(name, json.GetProperty(name))
            : Messages.OfText("assistant", fields.Text(name));

    private static string Written(ChatTemplate? chat, SequenceValue prompt)
    {
        if (prompt.Items.Count == 0) throw new BadRowException(BadRowReasons.EmptyPrompt, "no message before the response", "at least one");
        if (Messages.RoleOf(prompt.Items[^1]) == "assistant")
            throw new BadRowException(BadRowReasons.BadConversation, "a prompt whose last message is the assistant's", "one that the assistant shall answer");
        return chat is null ? Json(prompt) : Render(chat, [prompt], generationPrompt: true);
    }

    private static string Response(ChatTemplate? chat, SequenceValue prompt, string written, SequenceValue response, string name)
    {
        if (response.Items.Count != 1 || Messages.RoleOf(response.Items[0]) != "assistant")
        {
            var found = $"the response of '{name}' has {response.Items.Count} messages ({string.Join(", ", response.Items.Take(4).Select(Messages.RoleOf))})";
            throw new BadRowException(BadRowReasons.BadConversation, found, "one message of the assistant, so that only its tokens are trained on");
        }
        if (Messages.IsBlank(response.Items[0])) throw new BadRowException(BadRowReasons.EmptyResponse, $"the response of '{name}' is empty", "text in both responses");
        if (chat is null) return Json(response);
        var whole = Render(chat, [prompt, response], generationPrompt: false);
        if (!whole.StartsWith(written, StringComparison.Ordinal))
        {
            const string expected = "a chat template that writes the prompt alike with a response behind it and without";
            throw new BadRowException(BadRowReasons.PromptNotPrefix, $"{chat.Where} writes prompt and '{name}' otherwise than it begins the prompt alone", expected);
        }
        return whole[written.Length..] is var text && !string.IsNullOrWhiteSpace(text)
            ? text
            : throw new BadRowException(BadRowReasons.EmptyResponse, $"{chat.Where} writes nothing for the response of '{name}'", "text in both responses");
    }

    private static string Json(SequenceValue messages)
    {
        try
        {
            return JsonText.Of(new Rendering(null), messages, Arguments.None).Of;
        }
        catch (TemplateException e)
        {
            throw new BadRowException(BadRowReasons.BadConversation, $"messages over a limit ({ChatTemplate.Shown(e)})", "messages that a template could write");
        }
    }

    private static string Render(ChatTemplate chat, ReadOnlySpan<SequenceValue> messages, bool generationPrompt)
    {
        try
        {
            return chat.Render(messages, generationPrompt);
        }
        catch (TemplateException e) when (e.OfConversation)
        {
            throw new BadRowException(
                BadRowReasons.TemplateRefused, $"{chat.Where}:{e.Line} refuses the conversation ({ChatTemplate.Shown(e)})", "a conversation that the chat template writes");
        }
        catch (TemplateException e)
        {
            // Not the row's fault: leaving rows out would hide it.
            throw chat.Refuse(e);
        }
    }
}
