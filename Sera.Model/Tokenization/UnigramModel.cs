using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Sera.Model.Tokenization;

/// <summary>
/// The Unigram model (Kudo 2018): the segmentation of a piece whose scores add up highest. A character without a piece of its
/// own is unknown, at 10 below the lowest score; neighbours that are unknown are one token, or its bytes where the vocabulary has
/// them all. Of equal sums the one found first stays, so the longer last piece wins. Scores, penalty and ties are those of the
/// "tokenizers" library. Time is the text's length times that of the longest piece.
/// </summary>
internal sealed class UnigramModel : ITokenModel
{
    private const double UnknownPenalty = 10;

    private readonly UnigramVocabulary _vocabulary;
    private readonly PieceTrie _trie;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly JsonPart? _withoutUnknown;
    private readonly int[]? _byteIds;
    private readonly PieceCache _cache = new();

    /// <param name="part">The "model" part.</param>
    /// <exception cref="Data.InputException">Something in it is broken or not supported.</exception>
    public UnigramModel(JsonPart part)
    {
        part.Only("unk_id", "vocab", "byte_fallback");
        _vocabulary = UnigramVocabulary.Read(part);
        _trie = _vocabulary.Trie;
        _unknownScore = _vocabulary.Scores.Min() - UnknownPenalty;
        var unknown = part.Optional("unk_id");
        _unknown = unknown?.Id() ?? -1;
        _withoutUnknown = unknown is null ? part : null;
        if (_unknown >= _vocabulary.Pieces.Length)
        {
            throw unknown!.Refuse($"id {_unknown}", $"the place of a piece in vocab, below {_vocabulary.Pieces.Length}");
        }

        if (part.Flag("byte_fallback", false))
        {
            _byteIds = [.. Enumerable.Range(0, 256).Select(value => _trie.Find(Encoding.UTF8.GetBytes($"<0x{value:X2}>")))];
        }
    }

    public IEnumerable<KeyValuePair<string, int>> Entries => _vocabulary.Pieces.Select((piece, id) => KeyValuePair.Create(piece, id));

    /// <inheritdoc/>
    /// <exception cref="Data.InputException">A character is unknown and the model has no unknown token.</exception>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.IsEmpty || _cache.TryAppend(piece, ids))
        {
            return;
        }

        var before = ids.Count;
        var utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(piece.Length));
        var size = Encoding.UTF8.GetBytes(piece, utf8);
        var path = ArrayPool<Step>.Shared.Rent(size + 1);
        try
        {
            FindBest(utf8.AsSpan(0, size), path);
            Append(utf8.AsSpan(0, size), path, ids);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8);
            ArrayPool<Step>.Shared.Return(path);
        }

        _cache.Add(piece, CollectionsMarshal.AsSpan(ids)[before..]);
    }

    /// <summary>Viterbi: for each offset at which a piece may end, the last piece of the best path there.</summary>
    private void FindBest(ReadOnlySpan<byte> text, Span<Step> path)
    {
        path[..(text.Length + 1)].Fill(Step.None);
        path[0] = new Step(0, 0, -1);
        for (var start = 0; start < text.Length;)
        {
            var length = LengthOfCharacter(text[start]);
            var score = path[start].Score;
            var whole = false;
            var node = PieceTrie.Root;
            for (var end = start; end < text.Length;)
            {
                node = _trie.Next(node, text[end++]);
                if (node < 0)
                {
                    break;
                }

                if (_trie.IdAt(node) is >= 0 and var id)
                {
                    Offer(ref path[end], score + _vocabulary.Scores[id], start, id);
                    whole |= end == start + length;
                }
            }

            if (!whole && Offer(ref path[start + length], score + _unknownScore, start, _unknown) && _withoutUnknown is not null)
            {
                var character = Encoding.UTF8.GetString(text.Slice(start, length));
                var found = $"no unk_id, and a text with {JsonPart.Quote(character)}, which vocab lacks";
                throw _withoutUnknown.Refuse(found, "an unk_id, or texts of characters in vocab");
            }

            start += length;
        }
    }

    private static bool Offer(ref Step step, double score, int start, int id)
    {
        if (step.Start >= 0 && score <= step.Score)
        {
            return false;
        }

        step = new Step(score, start, id);
        return true;
    }

    private void Append(ReadOnlySpan<byte> text, Span<Step> path, List<int> ids)
    {
        // Links lead from an end back to a start: gathered so, read the other way round.
        var ends = ArrayPool<int>.Shared.Rent(text.Length);
        var count = 0;
        for (var end = text.Length; end > 0; end = path[end].Start)
        {
            ends[count++] = end;
        }

        for (var start = 0; count > 0;)
        {
            var end = ends[--count];
            if (path[end].Id != _unknown)
            {
                ids.Add(path[end].Id);
            }
            else
            {
                while (count > 0 && path[ends[count - 1]].Id == _unknown)
                {
                    end = ends[--count];
                }

                AppendUnknown(text[start..end], ids);
            }

            start = end;
        }

        ArrayPool<int>.Shared.Return(ends);
    }

    // Neighbours may add up to a piece that is worth less than they are; the piece it is nevertheless.
    private void AppendUnknown(ReadOnlySpan<byte> run, List<int> ids)
    {
        if (_trie.Find(run) is >= 0 and var id)
        {
            ids.Add(id);
            return;
        }

        var before = ids.Count;
        foreach (var value in _byteIds is null ? [] : run)
        {
            if (_byteIds![value] < 0)
            {
                ids.RemoveRange(before, ids.Count - before);
                break;
            }

            ids.Add(_byteIds[value]);
        }

        if (ids.Count == before)
        {
            ids.Add(_unknown);
        }
    }

    private static int LengthOfCharacter(byte lead) => lead switch { < 0x80 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };

    /// <summary>The last piece of a path: the sum of its scores, where the piece starts, and its id.</summary>
    private readonly record struct Step(double Score, int Start, int Id)
    {
        public static readonly Step None = new(0, -1, -1);
    }
}
