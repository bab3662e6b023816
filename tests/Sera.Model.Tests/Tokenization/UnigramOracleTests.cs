using CsCheck;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

/// <summary>Random vocabularies against every segmentation there is.</summary>
public class UnigramOracleTests
{
    private const string Unknown = "<unk>";

    private static readonly string[] Letters = ["a", "b", "é", "語", "😀"];

    // Whole numbers add up without rounding, so that equal sums are equal whatever their order.
    private static readonly Gen<(string, double)[]> Vocabularies = Gen.Select(Words(1, 4), Gen.Int[-4, 4])
        .Array[0, 14]
        .Select(pieces => pieces.DistinctBy(piece => piece.Item1).Select(piece => (piece.Item1, (double)piece.Item2)).Prepend((Unknown, 0.0)).ToArray());

    [Fact]
    public void The_segmentation_is_the_best_of_all_and_of_equals_the_one_with_the_longest_last_pieces() =>
        Gen.Select(Vocabularies, Words(1, 9)).Sample((pieces, text) =>
            Assert.Equal(Best(pieces, text), TinyUnigrams.Names(TinyTokenizers.Load(TinyUnigrams.Of(false, pieces)), text)), iter: 2000);

    private static Gen<string> Words(int shortest, int longest) => Gen.OneOf(Letters).Array[shortest, longest].Select(string.Concat);

    private static string Best((string Piece, double Score)[] pieces, string text)
    {
        var scores = pieces.ToDictionary(piece => piece.Piece, piece => piece.Score);
        var characters = text.EnumerateRunes().Select(rune => rune.ToString()).ToArray();
        var best = All(characters.Length)
            .OrderByDescending(path => path.Sum(piece => Score(piece)))
            .ThenByDescending(path => path.Reverse().Select(piece => (char)piece.EnumerateRunes().Count()).ToArray(), Comparer<char[]>.Create(Compare))
            .First();

        var names = new List<string>();
        for (var i = 0; i < best.Length;)
        {
            var run = string.Concat(best.Skip(i).TakeWhile(piece => !scores.ContainsKey(piece)));
            names.Add(run.Length == 0 ? best[i] : scores.ContainsKey(run) ? run : Unknown);
            i += Math.Max(1, best.Skip(i).TakeWhile(piece => !scores.ContainsKey(piece)).Count());
        }

        return string.Join('|', names);

        double Score(string piece) => scores.TryGetValue(piece, out var score) ? score : scores.Values.Min() - 10;

        static int Compare(char[]? x, char[]? y) => x.AsSpan().SequenceCompareTo(y);

        // Every way to cut the first n characters into pieces and unknown characters.
        IEnumerable<string[]> All(int n) => n == 0
            ? [[]]
            : Enumerable.Range(0, n)
                .Select(start => (Start: start, Piece: string.Concat(characters[start..n])))
                .Where(last => scores.ContainsKey(last.Piece) || last.Start == n - 1)
                .SelectMany(last => All(last.Start).Select(path => path.Append(last.Piece).ToArray()));
    }
}
