using Sera.Model.Data;

namespace Sera.Host.Reports;

/// <summary>A page with tables that a program makes, each between a comment that names it and one that ends it.</summary>
internal static class MarkedPage
{
    private const string End = "<!-- end -->";

    /// <summary>Puts each text into its place; what stood there is replaced.</summary>
    /// <param name="texts">Each ends with a line's end.</param>
    /// <exception cref="InputException">The page is not there or has no place for one of them; nothing is written.</exception>
    public static void Write(string page, IEnumerable<(string Name, string Text)> texts) =>
        File.WriteAllText(page, texts.Aggregate(Read(page), (text, each) => Put(page, text, each.Name, each.Text)));

    /// <exception cref="InputException">The page is not there or has no place for the name.</exception>
    public static void Require(string page, string name) => Put(page, Read(page), name, "");

    private static string Read(string page) =>
        File.Exists(page) ? File.ReadAllText(page) : throw new InputException(page, "no such file", "a Markdown page", "correct the path");

    private static string Put(string page, string text, string name, string content)
    {
        var begin = $"<!-- measured: {name} -->\n";
        var from = text.IndexOf(begin, StringComparison.Ordinal);
        var to = from < 0 ? -1 : text.IndexOf(End, from, StringComparison.Ordinal);
        if (to < 0) throw new InputException(page, $"no place for {name}", $"a line '{begin.TrimEnd()}' and a line '{End}' after it", "put them in");
        return text[..(from + begin.Length)] + content + text[to..];
    }
}
