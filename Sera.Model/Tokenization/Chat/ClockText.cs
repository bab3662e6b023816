using System.Globalization;
using System.Text;

namespace Sera.Model.Tokenization.Chat;

/// <summary>strftime in the C locale: the directives that templates use.</summary>
internal static class ClockText
{
    public static string Of(Rendering rendering, DateTime now, Value format)
    {
        if (format is not TextValue { Of: var directives }) throw rendering.OfType($"strftime_now needs a str, not {format.Type}");
        rendering.Step(directives.Length);
        var text = new StringBuilder();
        for (var i = 0; i < directives.Length; i++)
        {
            if (directives[i] != '%') text.Append(directives[i]);
            else text.Append(Directive(rendering, now, ++i < directives.Length ? directives[i] : ' '));
        }
        return text.ToString();
    }

    private static string Directive(Rendering rendering, DateTime now, char directive) => directive switch
    {
        'Y' => Number("0000", now.Year),
        'y' => Number("00", now.Year % 100),
        'm' => Number("00", now.Month),
        'd' => Number("00", now.Day),
        'e' => now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'j' => Number("000", now.DayOfYear),
        'H' => Number("00", now.Hour),
        'I' => Number("00", (now.Hour + 11) % 12 + 1),
        'M' => Number("00", now.Minute),
        'S' => Number("00", now.Second),
        'p' => now.Hour < 12 ? "AM" : "PM",
        'a' => now.ToString("ddd", CultureInfo.InvariantCulture),
        'A' => now.ToString("dddd", CultureInfo.InvariantCulture),
        'b' => now.ToString("MMM", CultureInfo.InvariantCulture),
        'B' => now.ToString("MMMM", CultureInfo.InvariantCulture),
        'F' => now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        'T' => now.ToString("HH:mm:ss", CultureInfo.InvariantCulture),
        '%' => "%",
        _ => throw rendering.Fail(TemplateFault.Unsupported, $"'%{directive}' of strftime_now"),
    };

    private static string Number(string format, int number) => number.ToString(format, CultureInfo.InvariantCulture);
}
