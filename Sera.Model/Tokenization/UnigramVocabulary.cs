using System.Text;
using System.Text.Json;

namespace Sera.Model.Tokenization;

/// <summary>The pieces of a Unigram model and their scores (natural logarithms of probabilities); an id is a piece's place in the list.</summary>
internal sealed record UnigramVocabulary(string[] Pieces, double[] Scores, PieceTrie Trie)
{
    // Far beyond any logarithm of a probability, and sums over any text stay numbers.
    private const double LargestScore = 1e100;
    private const int LongestPiece = 4096;
    private const int MostPieces = 1 << 24;

    public static UnigramVocabulary Read(JsonPart model)
    {
        var (pieces, scores, bytes) = (new List<string>(), new List<double>(), new List<byte[]>());
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in model.Items("vocab"))
        {
            var (piece, score) = ReadEntry(item);
            var utf8 = Encoding.UTF8.GetBytes(piece);
            if (utf8.Length > LongestPiece || pieces.Count == MostPieces)
            {
                throw item.Refuse($"piece {pieces.Count} of {utf8.Length} bytes", $"at most {MostPieces} pieces of at most {LongestPiece} bytes");
            }

            if (!known.Add(piece))
            {
                throw item.Refuse($"the piece {JsonPart.Quote(piece)} a second time", "every piece once");
            }

            pieces.Add(piece);
            scores.Add(score);
            bytes.Add(utf8);
        }

        return pieces.Count > 0
            ? new UnigramVocabulary([.. pieces], [.. scores], new PieceTrie([.. bytes]))
            : throw model.Refuse("an empty vocab", "at least one piece");
    }

    private static (string Piece, double Score) ReadEntry(JsonPart item)
    {
        var entry = item.Element;
        if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2
            || entry[0].ValueKind != JsonValueKind.String || entry[1].ValueKind != JsonValueKind.Number)
        {
            throw item.Refuse(JsonPart.Quote(entry), "a piece and its score, as [\"text\", -1.5]");
        }

        var score = SerdeNumber.Parse(entry[1].GetRawText());
        return Math.Abs(score) <= LargestScore
            ? (entry[0].GetString()!, score)
            : throw item.Refuse($"the score {JsonPart.Quote(entry[1])}", $"a number between -{LargestScore} and {LargestScore}");
    }
}
