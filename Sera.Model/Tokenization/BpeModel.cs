using System.Runtime.InteropServices;
using System.Text;

namespace Sera.Model.Tokenization;

/// <summary>Byte-pair encoding, over bytes or over characters with byte fallback. Safe for many threads.</summary>
internal sealed class BpeModel : ITokenModel
{
    private const char WordMark = '\u2581';

    private readonly BpeVocabulary _vocabulary;
    private readonly bool _byteLevel;
    private readonly bool _byteFallback;
    private readonly bool _ignoreMerges;
    private readonly bool _fuseUnknown;
    private readonly int? _unknown;
    private readonly bool _splitsBeforeWordMark;
    private readonly int[] _byteIds = new int[256];
    private readonly PieceCache _cache = new();

    /// <param name="part">The "model" part.</param>
    /// <param name="byteLevel">Whether pieces become characters of the byte alphabet first.</param>
    public BpeModel(JsonPart part, bool byteLevel)
    {
        part.Only(
            "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges",
            "vocab", "merges");
        foreach (var affix in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
        {
            if (part.Optional(affix) is not null && part.Text(affix).Length > 0)
            {
                throw part.Refuse($"{affix} {JsonPart.Quote(part.Text(affix))}", "none");
            }
        }

        if (part.Optional("dropout") is { } dropout && dropout.Element.ToString() is not ("0" or "0.0"))
        {
            throw part.Refuse($"dropout {JsonPart.Quote(dropout.Element)}", "none, for the same text must give the same ids");
        }

        _vocabulary = BpeVocabulary.Read(part);
        _byteLevel = byteLevel;
        _byteFallback = part.Flag("byte_fallback", false);
        _ignoreMerges = part.Flag("ignore_merges", false);
        _fuseUnknown = part.Flag("fuse_unk", false);
        if (part.Optional("unk_token") is not null)
        {
            var unknown = part.Text("unk_token");
            _unknown = _vocabulary.IdOf(unknown) ?? throw part.Refuse($"unk_token {JsonPart.Quote(unknown)}", "a token of vocab");
        }

        for (var value = 0; value < 256; value++)
        {
            _byteIds[value] = _vocabulary.IdOf(byteLevel ? ByteLevelAlphabet.Of((byte)value).ToString() : $"<0x{value:X2}>") ?? -1;
        }

        if (byteLevel && _byteFallback && _byteIds.Contains(-1))
        {
            throw part.Refuse("byte_fallback beside ByteLevel, with bytes missing from vocab", "one or the other");
        }

        if (_byteFallback && !byteLevel && _byteIds.Contains(-1) && _byteIds.Any(id => id >= 0))
        {
            throw part.Refuse($"byte_fallback without <0x{Array.IndexOf(_byteIds, -1):X2}> in vocab", "all 256 byte tokens, or none");
        }

        // Where no token has a word mark after another character, merges never cross that boundary: words can be merged one by one.
        _splitsBeforeWordMark = !byteLevel && !_ignoreMerges
            && _vocabulary.IdOf(WordMark.ToString()) is not null && !_vocabulary.Tokens.Any(CrossesWords);
    }

    public IEnumerable<KeyValuePair<string, int>> Entries => _vocabulary.Entries;

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        while (_splitsBeforeWordMark && !piece.IsEmpty)
        {
            var end = EndOfWord(piece);
            EncodeWord(piece[..end], ids);
            piece = piece[end..];
        }

        if (!piece.IsEmpty)
        {
            EncodeWord(piece, ids);
        }
    }

    private static bool CrossesWords(string token) => token.Length > 1 && EndOfWord(token) < token.Length;

    private static int EndOfWord(ReadOnlySpan<char> text)
    {
        for (var from = 1; from < text.Length; from++)
        {
            var at = text[from..].IndexOf(WordMark);
            if (at < 0)
            {
                break;
            }

            from += at;
            if (text[from - 1] != WordMark)
            {
                return from;
            }
        }

        return text.Length;
    }

    private void EncodeWord(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_cache.TryAppend(word, ids))
        {
            return;
        }

        var symbols = new List<int>(word.Length + 8);
        if (_ignoreMerges && _vocabulary.IdOf(AsToken(word)) is { } whole)
        {
            symbols.Add(whole);
        }
        else
        {
            AddSymbols(word, symbols);
            _vocabulary.Merges.Apply(symbols);
        }

        ids.AddRange(CollectionsMarshal.AsSpan(symbols));
        _cache.Add(word, CollectionsMarshal.AsSpan(symbols));
    }

    private string AsToken(ReadOnlySpan<char> word) =>
        _byteLevel ? string.Concat(Encoding.UTF8.GetBytes(word.ToString()).Select(ByteLevelAlphabet.Of)) : word.ToString();

    private void AddSymbols(ReadOnlySpan<char> word, List<int> symbols)
    {
        var bytes = (stackalloc byte[4]);
        var unknownBefore = false;
        foreach (var rune in word.EnumerateRunes())
        {
            var utf8 = bytes[..rune.EncodeToUtf8(bytes)];
            if (_byteLevel)
            {
                foreach (var value in utf8)
                {
                    Add(_byteIds[value], symbols, ref unknownBefore);
                }
            }
            else if (_vocabulary.IdOf(rune) is { } id)
            {
                Add(id, symbols, ref unknownBefore);
            }
            else if (_byteFallback && HasAll(utf8))
            {
                foreach (var value in utf8)
                {
                    Add(_byteIds[value], symbols, ref unknownBefore);
                }
            }
            else
            {
                Add(-1, symbols, ref unknownBefore);
            }
        }
    }

    // What has no id is the unknown token, a run of them one where they fuse; without an unknown token it is left out.
    private void Add(int id, List<int> symbols, ref bool unknownBefore)
    {
        if (id >= 0)
        {
            symbols.Add(id);
        }
        else if (_unknown is { } unknown && !(_fuseUnknown && unknownBefore))
        {
            symbols.Add(unknown);
        }

        unknownBefore = id < 0;
    }

    private bool HasAll(ReadOnlySpan<byte> utf8)
    {
        foreach (var value in utf8)
        {
            if (_byteIds[value] < 0)
            {
                return false;
            }
        }

        return true;
    }
}
