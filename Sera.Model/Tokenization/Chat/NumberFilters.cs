using System.Globalization;

namespace Sera.Model.Tokenization.Chat;

/// <summary>Filters that give numbers.</summary>
internal static class NumberFilters
{
    // Underscores, blanks and letters of other scripts, which Python's int and float read too, are refused rather than guessed.
    private const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;

    public static Value Whole(Rendering rendering, Value value, Arguments arguments)
    {
        var bound = arguments.Bind(rendering, "int", 0, "default", "base");
        if (bound[1] is not null and not IntValue { Of: 10 }) throw rendering.Fail(TemplateFault.Unsupported, "the filter 'int' with another base than 10");
        switch (value)
        {
            case UndefinedValue missing: throw rendering.Missing(missing);
            case IntValue: return value;
            case BoolValue flag: return new IntValue(flag.Of ? 1 : 0);
            case FloatValue number when Math.Abs(number.Of) < 1e18: return new IntValue((long)number.Of);
            case TextValue text when long.TryParse(text.Of, Plain, CultureInfo.InvariantCulture, out var whole): return new IntValue(whole);
            case TextValue text when Read(rendering, text.Of) is { } number && Math.Abs(number) < 1e18: return new IntValue((long)number);
            default: return bound[0] ?? new IntValue(0);
        }
    }

    public static Value Fraction(Rendering rendering, Value value, Arguments arguments)
    {
        var bound = arguments.Bind(rendering, "float", 0, "default");
        if (value is UndefinedValue missing) throw rendering.Missing(missing);
        if (Operations.Number(value) is { } number) return new FloatValue(number.AsDouble);
        return value is TextValue text && Read(rendering, text.Of) is { } read ? new FloatValue(read) : bound[0] ?? new FloatValue(0);
    }

    public static Value Absolute(Rendering rendering, Value value, Arguments arguments)
    {
        arguments.Bind(rendering, "abs", 0);
        return value switch
        {
            FloatValue number => new FloatValue(Math.Abs(number.Of)),
            UndefinedValue missing => throw rendering.Missing(missing),
            _ when Operations.Number(value) is { AsLong: > long.MinValue } number => new IntValue(Math.Abs(number.AsLong)),
            _ => throw rendering.OfType($"bad operand type for abs(): '{value.Type}'"),
        };
    }

    private static double? Read(Rendering rendering, string text)
    {
        if (text.Contains('_') || text.Any(c => c > '\x7f')) throw rendering.Fail(TemplateFault.Unsupported, $"the number {JsonPart.Quote(text)}");
        const NumberStyles style = Plain | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return text.Any(char.IsAsciiDigit) && double.TryParse(text, style, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
