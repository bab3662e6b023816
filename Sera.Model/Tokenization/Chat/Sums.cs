namespace Sera.Model.Tokenization.Chat;

/// <summary>Arithmetic of numbers, and what "+" and "*" do to texts and lists.</summary>
internal static class Sums
{
    public static Value Apply(Rendering rendering, string op, Value left, Value right)
    {
        if ((left as UndefinedValue ?? right as UndefinedValue) is { } missing) throw rendering.Missing(missing);
        if (Operations.Number(left) is { } a && Operations.Number(right) is { } b)
        {
            if (left is FloatValue || right is FloatValue || op == "/" || (op == "**" && b.AsLong < 0)) return OfDoubles(rendering, op, a.AsDouble, b.AsDouble);
            try
            {
                return new IntValue(OfWholes(rendering, op, a.AsLong, b.AsLong));
            }
            catch (OverflowException)
            {
                throw rendering.Fail(TemplateFault.Limit, "a whole number of more than 64 bits");
            }
        }
        switch (op, left, right)
        {
            case ("+", TextValue x, TextValue y):
                rendering.Characters((long)x.Of.Length + y.Of.Length);
                return new TextValue(x.Of + y.Of);
            case ("+", SequenceValue x, SequenceValue y) when x.Kind == y.Kind && x.Kind is SequenceKind.List or SequenceKind.Tuple:
                rendering.Step((long)x.Items.Count + y.Items.Count);
                return new SequenceValue([.. x.Items, .. y.Items], x.Kind);
            case ("*", TextValue x, IntValue n):
                return Repeat(rendering, x.Of, n.Of);
            case ("*", IntValue n, TextValue x):
                return Repeat(rendering, x.Of, n.Of);
            case ("%", TextValue, _):
                throw rendering.Fail(TemplateFault.Unsupported, "'%' on a text");
            case ("*", SequenceValue, _) or ("*", _, SequenceValue):
                throw rendering.Fail(TemplateFault.Unsupported, "'*' on a list");
            case ("+", TextValue, _):
                throw rendering.OfType($"can only concatenate str (not \"{right.Type}\") to str");
            default:
                throw rendering.OfType($"unsupported operand type(s) for {op}: '{left.Type}' and '{right.Type}'");
        }
    }

    public static Value Signed(Rendering rendering, Value value, bool negative) => value switch
    {
        UndefinedValue missing => throw rendering.Missing(missing),
        FloatValue number => new FloatValue(negative ? -number.Of : number.Of),
        _ when Operations.Number(value) is { } number => new IntValue(negative ? -number.AsLong : number.AsLong),
        _ => throw rendering.OfType($"bad operand type for unary {(negative ? "-" : "+")}: '{value.Type}'"),
    };

    private static TextValue Repeat(Rendering rendering, string text, long times)
    {
        if (times <= 0 || text.Length == 0) return TextValue.Empty;
        // As a quotient, for the product may exceed 64 bits.
        if (times > TemplateLimits.Characters / text.Length) rendering.Characters(TemplateLimits.Characters + 1L);
        return rendering.Text(string.Concat(Enumerable.Repeat(text, (int)times)));
    }

    // Python rounds quotients down, and a remainder has the sign of its divisor.
    private static long OfWholes(Rendering rendering, string op, long a, long b)
    {
        if (b == 0 && op is "//" or "%") throw rendering.OfType("integer division or modulo by zero");
        switch (op)
        {
            case "+": return checked(a + b);
            case "-": return checked(a - b);
            case "*": return checked(a * b);
            case "**": return Power(a, b);
            case "//" when b == -1: return checked(-a);
            case "%" when b == -1: return 0;
        }
        var (quotient, rest) = Math.DivRem(a, b);
        var down = rest != 0 && (rest < 0) != (b < 0);
        return op == "//" ? quotient - (down ? 1 : 0) : rest + (down ? b : 0);
    }

    private static long Power(long a, long b)
    {
        if (a is 0 or 1 || b == 0) return b == 0 ? 1 : a;
        if (a == -1) return b % 2 == 0 ? 1 : -1;
        var power = 1L;
        // At most 63 turns: beyond that the product overflows.
        for (; b > 0; b--) power = checked(power * a);
        return power;
    }

    private static FloatValue OfDoubles(Rendering rendering, string op, double a, double b)
    {
        if (b == 0 && op is "/" or "//" or "%") throw rendering.OfType("division by zero");
        return new FloatValue(op switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            _ => throw rendering.Fail(TemplateFault.Unsupported, $"the operator '{op}' on numbers with a fraction"),
        });
    }
}
