using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sera.Model.Tokenization;

/// <summary>
/// A precompiled map of characters to texts, as SentencePiece writes it and the normalizer Precompiled applies it: a grapheme
/// cluster of less than six bytes of UTF-8 becomes the text of the shortest key it begins with; where there is none, and in
/// longer clusters, each code point does so for itself, and stays where it has no key.
/// </summary>
internal sealed class Charsmap
{
    private const int LongestCluster = 5;

    private readonly CharsmapTrie _trie;
    private readonly byte[] _texts;
    private readonly string?[] _ascii = new string?[128];

    private Charsmap(CharsmapTrie trie, byte[] texts)
    {
        _trie = trie;
        _texts = texts;
        for (var code = 0; code < _ascii.Length; code++)
        {
            _ascii[code] = TextFor([(byte)code]);
        }
    }

    /// <param name="part">Base64 of: length of the trie in bytes (32 bits, little-endian), the trie's units (32 bits each), the texts, each
    /// ended by a zero byte.</param>
    /// <exception cref="Data.InputException">It is damaged: cut, or the trie leads outside itself, in a circle, or to no text.</exception>
    public static Charsmap Read(JsonPart part)
    {
        if (part.Element.ValueKind != JsonValueKind.String || !part.Element.TryGetBytesFromBase64(out var bytes))
        {
            throw part.Refuse(JsonPart.Quote(part.Element), "base64 of a precompiled charsmap");
        }

        try
        {
            var trie = CharsmapTrie.Read(bytes, out var texts);
            return new Charsmap(trie, texts.ToArray());
        }
        catch (FormatException e)
        {
            throw part.Refuse($"a charsmap with {e.Message}", "one as SentencePiece writes it");
        }
    }

    public string Normalize(string text)
    {
        var builder = new StringBuilder(text.Length);
        var utf8 = (stackalloc byte[LongestCluster + 1]);
        for (var at = 0; at < text.Length;)
        {
            var c = text[at];
            var next = at + 1 < text.Length ? text[at + 1] : '\0';
            if (c < 128 && next < 128 && (c, next) is not ('\r', '\n'))
            {
                _ = _ascii[c] is { } known ? builder.Append(known) : builder.Append(c);
                at++;
                continue;
            }

            var cluster = text.AsSpan(at, StringInfo.GetNextTextElementLength(text.AsSpan(at)));
            at += cluster.Length;
            if (Encoding.UTF8.TryGetBytes(cluster, utf8[..LongestCluster], out var length) && TextFor(utf8[..length]) is { } whole)
            {
                builder.Append(whole);
                continue;
            }

            foreach (var rune in cluster.EnumerateRunes())
            {
                var single = TextFor(utf8[..rune.EncodeToUtf8(utf8)]);
                _ = single is null ? builder.Append(rune.ToString()) : builder.Append(single);
            }
        }

        return builder.ToString();
    }

    private string? TextFor(ReadOnlySpan<byte> key)
    {
        if (_trie.ShortestPrefix(key) is not (>= 0 and var start))
        {
            return null;
        }

        var text = _texts.AsSpan(start);
        return Encoding.UTF8.GetString(text.IndexOf((byte)0) is >= 0 and var end ? text[..end] : text);
    }
}
