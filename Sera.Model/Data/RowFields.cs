using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Sera.Model.Data;

/// <summary>Typed fields of one JSON row; what does not fit is a BadRowException.</summary>
internal readonly struct RowFields(JsonElement row, string fieldsExpected)
{
    public string Text(string name)
    {
        if (!row.TryGetProperty(name, out var value)) throw Missing(name);
        return value.ValueKind == JsonValueKind.String ? Unicode(name, value) : throw WrongType(name, value, "a string");
    }

    public string Filled(string name, string reason)
    {
        var text = Text(name);
        return string.IsNullOrWhiteSpace(text) ? throw new BadRowException(reason, $"'{name}' is empty", $"text in '{name}'") : text;
    }

    /// <summary>A string, or an integer as its digits; null where the row has none.</summary>
    public string? Id()
    {
        if (!row.TryGetProperty("id", out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)) return $"{number}";
        if (value.ValueKind != JsonValueKind.String) throw WrongType("id", value, "a string or an integer");
        return Filled("id", BadRowReasons.MissingField);
    }

    public bool? Flag(string name)
    {
        if (!row.TryGetProperty(name, out var value)) return null;
        return value.ValueKind switch
        {
            JsonValueKind.Null => null,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw WrongType(name, value, "true or false"),
        };
    }

    /// <summary>A share of votes, neither none nor all: its logit must be a number. null where the row has none.</summary>
    public double? WinRate(string name)
    {
        if (!row.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        const string expected = "a number above 0 and below 1";
        if (value.ValueKind != JsonValueKind.Number) throw WrongType(name, value, expected);
        var rate = value.GetDouble();
        return rate is > 0 and < 1 ? rate : throw new BadRowException(BadRowReasons.BadWinRate, $"'{name}' is {Short(value.GetRawText())}", expected);
    }

    public RowFields Object(string name, string fields)
    {
        if (!row.TryGetProperty(name, out var value)) throw Missing(name);
        return value.ValueKind == JsonValueKind.Object ? new RowFields(value, fields) : throw WrongType(name, value, "an object with " + fields);
    }

    public ImmutableArray<string> Texts(string name)
    {
        if (!row.TryGetProperty(name, out var value)) throw Missing(name);
        if (value.ValueKind != JsonValueKind.Array) throw WrongType(name, value, "a list of strings");
        var texts = ImmutableArray.CreateBuilder<string>();
        foreach (var item in value.EnumerateArray())
            texts.Add(item.ValueKind == JsonValueKind.String ? Unicode(name, item) : throw WrongType($"{name}[{texts.Count}]", item, "a string"));
        return texts.ToImmutable();
    }

    /// <summary>Objects of a list.</summary>
    /// <param name="fields">What each should have.</param>
    public RowFields[] Objects(string name, string fields)
    {
        if (!row.TryGetProperty(name, out var value)) throw Missing(name);
        if (value.ValueKind != JsonValueKind.Array) throw WrongType(name, value, "a list of objects with " + fields);
        return
        [
            .. value.EnumerateArray().Select((item, i) =>
                item.ValueKind == JsonValueKind.Object ? new RowFields(item, fields) : throw WrongType($"{name}[{i}]", item, "an object with " + fields)),
        ];
    }

    /// <summary>A number, or a string of one: some data sets have their scores as texts.</summary>
    public double Number(string name) => row.TryGetProperty(name, out var value) ? Number(name, value) : throw Missing(name);

    public double[] Numbers(string name)
    {
        if (!row.TryGetProperty(name, out var value)) throw Missing(name);
        if (value.ValueKind != JsonValueKind.Array) throw WrongType(name, value, "a list of numbers");
        return [.. value.EnumerateArray().Select((item, i) => Number($"{name}[{i}]", item))];
    }

    /// <summary>A string; null where the row has none, or null.</summary>
    public string? Maybe(string name) => row.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? Text(name) : null;

    public int Count(string name)
    {
        if (!row.TryGetProperty(name, out var value)) return 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) ? count : throw WrongType(name, value, "an integer");
    }

    public bool Has(string name) => row.TryGetProperty(name, out _);

    private static double Number(string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number) return value.GetDouble();
        var written = value.ValueKind == JsonValueKind.String && double.TryParse(Unicode(name, value), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
        return double.IsFinite(written) ? written : throw WrongType(name, value, "a number");
    }

    private static string Unicode(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new BadRowException(BadRowReasons.BrokenJson, $"'{name}' has half of a surrogate pair (\\ud800..\\udfff)", "Unicode text");
        }
    }

    private BadRowException Missing(string name)
    {
        var there = string.Join(", ", row.EnumerateObject().Select(field => field.Name));
        return new BadRowException(BadRowReasons.MissingField, $"no field '{name}' (the row has: {(there.Length == 0 ? "nothing" : Short(there))})", fieldsExpected);
    }

    private static BadRowException WrongType(string name, JsonElement value, string expected) => new(BadRowReasons.WrongType, $"'{name}' is {Kind(value)}", expected);

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => "a boolean (true)",
        JsonValueKind.False => "a boolean (false)",
        JsonValueKind.Null => "null",
        JsonValueKind.Number => $"a number ({Short(value.GetRawText())})",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        _ => "a string",
    };

    private static string Short(string text) => text.Length <= 80 ? text : text[..80] + "...";
}
