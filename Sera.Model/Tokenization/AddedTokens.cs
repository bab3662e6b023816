using System.Buffers;

namespace Sera.Model.Tokenization;

/// <summary>One entry of added_tokens: a string that is a token wherever it stands in a text.</summary>
internal sealed record AddedToken(int Id, string Content, bool LeftStrip, bool RightStrip, bool Normalized, bool Special);

/// <summary>Finds added tokens in a text: the leftmost first, of those the longest.</summary>
internal sealed class AddedTokens
{
    private readonly AddedToken[] _tokens;
    private readonly string[] _contents;
    private readonly SearchValues<string> _search;

    /// <param name="tokens">The tokens to look for.</param>
    /// <param name="write">How a token is written in the texts that will be searched.</param>
    public AddedTokens(IEnumerable<AddedToken> tokens, Func<string, string> write)
    {
        var written = tokens.Select(token => (Token: token, Content: write(token.Content)));
        var longestFirst = written.OrderByDescending(each => each.Content.Length).ToArray();
        _tokens = [.. longestFirst.Select(each => each.Token)];
        _contents = [.. longestFirst.Select(each => each.Content)];
        _search = SearchValues.Create(_contents, StringComparison.Ordinal);
    }

    public static IEnumerable<AddedToken> Read(JsonPart root)
    {
        if (root.Optional("added_tokens") is null)
        {
            yield break;
        }

        foreach (var item in root.Items("added_tokens"))
        {
            item.Only("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
            if (item.Flag("single_word", false))
            {
                throw item.Refuse("single_word true", "an added token that also counts inside a word");
            }

            var content = item.Text("content");
            if (content.Length == 0)
            {
                throw item.Refuse("an empty content", "the token's text");
            }

            var special = item.Flag("special", false);
            yield return new AddedToken(
                item.Id("id"), content, item.Flag("lstrip", false), item.Flag("rstrip", false), item.Flag("normalized", !special), special);
        }
    }

    /// <summary>Appends the parts of the text in order: added tokens with their ids, stretches between them with null. No part is empty.</summary>
    public void Split(string text, List<(int? Id, int Start, int End)> parts)
    {
        var done = 0;
        for (var from = 0; _contents.Length > 0 && from < text.Length;)
        {
            var found = text.AsSpan(from).IndexOfAny(_search);
            if (found < 0)
            {
                break;
            }

            var start = from + found;
            var which = Array.FindIndex(_contents, content => string.CompareOrdinal(text, start, content, 0, content.Length) == 0);
            var end = start + _contents[which].Length;
            from = end;
            if (_tokens[which].LeftStrip)
            {
                start = Math.Max(done, text.AsSpan(0, start).TrimEnd().Length);
            }

            if (_tokens[which].RightStrip)
            {
                end = text.Length - text.AsSpan(end).TrimStart().Length;
                from = end;
            }

            if (done < start)
            {
                parts.Add((null, done, start));
            }

            parts.Add((_tokens[which].Id, start, end));
            done = end;
        }

        if (done < text.Length)
        {
            parts.Add((null, done, text.Length));
        }
    }
}
