using System.Text.Json;
using Sera.Model.Tokenization.Chat;

namespace Sera.Model.Data;

/// <summary>Lists of messages as rows have them; what does not fit is a BadRowException.</summary>
internal static class Messages
{
    /// <summary>Whether a field is there as a list.</summary>
    public static bool Has(JsonElement row, string name) => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array;

    /// <param name="name">Of the field.</param>
    public static SequenceValue Read(string name, JsonElement list)
    {
        if (JsonValues.Of(list) is not SequenceValue messages)
            throw new BadRowException(BadRowReasons.BrokenJson, $"'{name}' has half of a surrogate pair or a number of more than 64 bits", "Unicode text and plain numbers");
        for (var i = 0; i < messages.Items.Count; i++)
        {
            if (messages.Items[i] is not MapValue message || !message.Items.TryGetValue("role", out var role) || role is not TextValue)
                throw new BadRowException(BadRowReasons.WrongType, $"'{name}[{i}]' is no message", "an object with role and content");
            if (!message.Items.TryGetValue("content", out var content) || content is not (TextValue or SequenceValue or NoneValue))
                throw new BadRowException(BadRowReasons.WrongType, $"'{name}[{i}]' has no content", "an object with role and content");
        }
        return messages;
    }

    public static SequenceValue OfText(string role, string content) => new([
        new MapValue(new OrderedDictionary<string, Value>(StringComparer.Ordinal) { ["role"] = new TextValue(role), ["content"] = new TextValue(content) }),
    ], SequenceKind.List);

    public static string RoleOf(Value message) => ((TextValue)((MapValue)message).Items["role"]).Of;

    /// <summary>The text of a message, of one in parts that of its parts; empty where it has none.</summary>
    public static string TextOf(Value message) => ((MapValue)message).Items["content"] switch
    {
        TextValue text => text.Of,
        SequenceValue parts => string.Join('\n', parts.Items.OfType<MapValue>().Select(part => part.Items.TryGetValue("text", out var text) ? text : null).OfType<TextValue>().Select(text => text.Of)),
        _ => "",
    };

    /// <summary>Whether a message says nothing: no text, and nothing else beside it such as the call of a tool.</summary>
    public static bool IsBlank(Value message)
    {
        var items = ((MapValue)message).Items;
        return items.Count == 2 && (items["content"] is TextValue text ? string.IsNullOrWhiteSpace(text.Of) : !Operations.IsTrue(items["content"]));
    }

    /// <summary>
    /// The prompt of a pair. Where chosen and rejected are whole conversations it is their common beginning, which then is taken from both;
    /// a prompt that is a string beside them is one of its messages, as in UltraFeedback, or else the user's one message.
    /// </summary>
    public static SequenceValue Prompt(JsonElement json, RowFields fields, ref SequenceValue chosen, ref SequenceValue rejected)
    {
        if (Has(json, "prompt")) return Read("prompt", json.GetProperty("prompt"));
        var whole = IsWhole(chosen) && IsWhole(rejected);
        if (fields.Has("prompt") && !whole) return OfText("user", fields.Filled("prompt", BadRowReasons.EmptyPrompt));
        var common = whole ? Common(chosen, rejected) : 0;
        if (common == 0)
            throw new BadRowException(BadRowReasons.NoCommonPrompt, "chosen and rejected share no first message", "conversations with one prompt, or a field 'prompt'");
        var prompt = new SequenceValue([.. chosen.Items.Take(common)], SequenceKind.List);
        if (fields.Has("prompt") && fields.Text("prompt") is var text && !prompt.Items.Any(message => ((MapValue)message).Items["content"] is TextValue content && content.Of == text))
            throw new BadRowException(BadRowReasons.BadConversation, "'prompt' is no message that chosen and rejected share", "the user's message, or no field 'prompt'");
        chosen = new SequenceValue([.. chosen.Items.Skip(common)], SequenceKind.List);
        rejected = new SequenceValue([.. rejected.Items.Skip(common)], SequenceKind.List);
        return prompt;
    }

    private static bool IsWhole(SequenceValue conversation) => conversation.Items.Count > 1 && RoleOf(conversation.Items[0]) != "assistant";

    // Equal conversations would share everything, and no response would be left to say so of.
    private static int Common(SequenceValue chosen, SequenceValue rejected)
    {
        var most = Math.Min(chosen.Items.Count, rejected.Items.Count) - 1;
        var common = 0;
        while (common < most && Equal(chosen.Items[common], rejected.Items[common])) common++;
        return common;
    }

    private static bool Equal(Value left, Value right) => Operations.AreEqual(new Rendering(null), left, right);
}
