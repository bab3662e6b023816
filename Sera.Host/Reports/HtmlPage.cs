using System.Net;
using System.Text;

namespace Sera.Host.Reports;

/// <summary>HTML text under construction. Everything goes in escaped, except pictures this program drew.</summary>
internal sealed class HtmlPage
{
    private const string Head = """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="referrer" content="no-referrer">

        """;

    private readonly StringBuilder _html = new();

    /// <summary>A whole page: one file that needs nothing else, no script, no request.</summary>
    /// <param name="css">A style of this program's own.</param>
    /// <param name="write">Writes what the page shows.</param>
    public static string Whole(string title, string css, Action<HtmlPage> write)
    {
        var page = new HtmlPage();
        page.Raw(Head);
        page.Put("title", title);
        page.Raw($"<style>{css}</style></head><body>\n");
        using (page.Open("main"))
        {
            write(page);
        }
        page.Raw("</body></html>\n");
        return page.ToString();
    }

    /// <summary>Opens an element; the using that closes it gives the page its shape.</summary>
    /// <param name="tag">A name this program chose, never text from outside.</param>
    public Element Open(string tag, string? css = null)
    {
        _html.Append('<').Append(tag);
        if (css is not null)
        {
            _html.Append(" class=\"").Append(css).Append('"');
        }
        _html.Append('>');
        return new Element(_html, tag);
    }

    /// <summary>An element that holds text only.</summary>
    public void Put(string tag, string text, string? css = null)
    {
        using (Open(tag, css))
        {
            Text(text);
        }
    }

    /// <summary>Text that people or policies wrote: the direction of its script decides the side it starts from.</summary>
    public void Quote(string text)
    {
        _html.Append("<div class=\"quote\" dir=\"auto\">");
        Text(text);
        _html.Append("</div>");
    }

    public void Text(string text) => _html.Append(WebUtility.HtmlEncode(Printable(text)));

    /// <summary>An SVG element drawn by <see cref="Plot"/>, or the page's own style.</summary>
    public void Raw(string markup) => _html.Append(markup);

    public override string ToString() => _html.ToString();

    // HTML has no way to write control characters, and lone surrogates are no text at all.
    private static string Printable(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            clean.Append(Rune.IsControl(rune) && rune.Value is not ('\n' or '\t') ? "\uFFFD" : rune.ToString());
        }
        return clean.ToString();
    }

    internal readonly struct Element(StringBuilder html, string tag) : IDisposable
    {
        public void Dispose() => html.Append("</").Append(tag).Append(">\n");
    }
}
