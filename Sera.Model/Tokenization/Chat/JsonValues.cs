using System.Text.Json;

namespace Sera.Model.Tokenization.Chat;

/// <summary>JSON as a template's values.</summary>
internal static class JsonValues
{
    /// <returns>null where a number is too large, or half a surrogate pair stands in a text.</returns>
    public static Value? Of(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                try
                {
                    return new TextValue(json.GetString()!);
                }
                catch (InvalidOperationException)
                {
                    return null;
                }
            case JsonValueKind.Number:
                if (json.TryGetInt64(out var whole)) return new IntValue(whole);
                // Without a fraction or exponent it is a whole number of more than 64 bits.
                return json.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') && json.TryGetDouble(out var number) && double.IsFinite(number) ? new FloatValue(number) : null;
            case JsonValueKind.True or JsonValueKind.False:
                return BoolValue.From(json.ValueKind == JsonValueKind.True);
            case JsonValueKind.Array:
                var items = new List<Value>();
                foreach (var item in json.EnumerateArray())
                {
                    if (Of(item) is not { } value) return null;
                    items.Add(value);
                }
                return new SequenceValue(items, SequenceKind.List);
            case JsonValueKind.Object:
                var members = new OrderedDictionary<string, Value>(StringComparer.Ordinal);
                foreach (var member in json.EnumerateObject())
                {
                    if (Of(member.Value) is not { } value) return null;
                    members[member.Name] = value;
                }
                return new MapValue(members);
            default:
                return NoneValue.Only;
        }
    }
}
