using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Sera.Model.Data;

namespace Sera.Model.Models;

/// <summary>Typed reading of the fields of a JSON object; what is not as expected becomes an <see cref="InputException"/> naming the field.</summary>
internal sealed class JsonFields(JsonElement element, string where)
{
    public string Where => where;

    public bool Has(string field) => element.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Whether the field is there, were it null.</summary>
    public bool Names(string field) => element.TryGetProperty(field, out _);

    public string Raw(string field) => element.TryGetProperty(field, out var value) ? value.GetRawText() is { Length: <= 80 } raw ? raw : "set" : "missing";

    /// <summary>Whether a field is missing, null, empty, or equal to the value that means "nothing special".</summary>
    public bool IsNeutral(string field, string neutral)
    {
        if (!Has(field)) return true;
        var value = element.GetProperty(field);
        return value.ValueKind switch
        {
            JsonValueKind.Number => double.TryParse(neutral, CultureInfo.InvariantCulture, out var number) && value.GetDouble() == number,
            JsonValueKind.Object => !value.EnumerateObject().Any(),
            JsonValueKind.Array => value.GetArrayLength() == 0,
            _ => value.GetRawText() == neutral,
        };
    }

    public string? Text(string field)
    {
        if (!Has(field)) return null;
        var value = element.GetProperty(field);
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(field, "a string");
    }

    public bool Flag(string field, bool missing)
    {
        if (!Has(field)) return missing;
        return element.GetProperty(field).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(field, "true or false"),
        };
    }

    public int Size(string field, int? missing = null)
    {
        if (!Has(field)) return missing ?? throw Wrong(field, "a positive whole number");
        var value = element.GetProperty(field);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var size) && size > 0 ? size : throw Wrong(field, "a positive whole number");
    }

    public double Number(string field, double? missing = null)
    {
        if (!Has(field)) return missing ?? throw Wrong(field, "a number");
        var value = element.GetProperty(field);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Wrong(field, "a number");
    }

    /// <summary>A token id, several, or none.</summary>
    public ImmutableArray<int> Ids(string field)
    {
        if (!Has(field)) return [];
        var value = element.GetProperty(field);
        return value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(Id)] : [Id(value)];

        int Id(JsonElement id) =>
            id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out var number) && number >= 0 ? number : throw Wrong(field, "a token id or a list of them");
    }

    /// <summary>A list of strings; empty where there is none.</summary>
    public ImmutableArray<string> Texts(string field)
    {
        if (!Has(field)) return [];
        var value = element.GetProperty(field);
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : throw Wrong(field, "a list of strings");
    }

    /// <summary>A list of numbers; empty where there is none.</summary>
    public ImmutableArray<double> Numbers(string field)
    {
        if (!Has(field)) return [];
        var value = element.GetProperty(field);
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number)
            ? [.. value.EnumerateArray().Select(item => item.GetDouble())]
            : throw Wrong(field, "a list of numbers");
    }

    public JsonFields? Object(string field)
    {
        if (!Has(field)) return null;
        var value = element.GetProperty(field);
        return value.ValueKind == JsonValueKind.Object ? new JsonFields(value, where) : throw Wrong(field, "an object");
    }

    private InputException Wrong(string field, string expected) => new(where, $"{field} is {Raw(field)}", expected, "restore the file");
}
