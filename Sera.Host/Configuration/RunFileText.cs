using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Sera.Host.Configuration;

/// <summary>
/// The resolved run file: every key in the order of the reference, those that another one replaces left out, written so that reading it gives the
/// same settings.
/// </summary>
internal static class RunFileText
{
    public static string Write(RunSettings settings)
    {
        var text = new StringBuilder("# The resolved run file: every key as this run uses it.\n");
        var replaced = ReplacedKeys.Of(settings).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var key in RunKeys.All.Where(key => !replaced.Contains(key.Path)))
        {
            text.Append(key.Path).Append(" = ").Append(Write(settings[key.Path])).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>One value in HOCON.</summary>
    public static string Write(object value) => value switch
    {
        string text => Quote(text),
        bool flag => flag ? "true" : "false",
        long whole => whole.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        ImmutableArray<int> numbers => $"[{string.Join(", ", numbers)}]",
        ImmutableArray<string> texts => $"[{string.Join(", ", texts.Select(Quote))}]",
        _ => throw new ArgumentException($"not a value of a run file: {value.GetType()}", nameof(value)),
    };

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\') quoted.Append('\\').Append(c);
            else if (char.IsControl(c)) quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }
}
