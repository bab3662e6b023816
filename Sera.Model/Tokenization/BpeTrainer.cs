using System.Runtime.InteropServices;
using System.Text;
using Sera.Model.Data;

namespace Sera.Model.Tokenization;

/// <summary>
/// Learns a byte-level BPE (Sennrich et al. 2016, over bytes as in GPT-2) and writes it as a Hugging Face folder. The same
/// texts in any order give the same files: the most frequent pair is merged next, of equal ones that with the lower ids.
/// </summary>
public static class BpeTrainer
{
    // A pair seen once teaches nothing about other texts.
    private const long LeastCount = 2;

    /// <param name="texts">The corpus; split into words by GPT-2's pattern.</param>
    /// <param name="options">Size and special tokens.</param>
    /// <param name="folder">Gets tokenizer.json and tokenizer_config.json.</param>
    /// <returns>The vocabulary's size: smaller than asked when the corpus has no more pairs to merge.</returns>
    /// <exception cref="InputException">The size does not hold the special tokens and the 256 bytes, or a special token is empty or named
    /// twice.</exception>
    public static int Train(IEnumerable<string> texts, BpeTrainerOptions options, string folder)
    {
        var tokens = Alphabet(options, out var specialCount);
        var ids = tokens.Select((token, id) => (token, id)).ToDictionary(each => each.token, each => each.id, StringComparer.Ordinal);
        var merges = new List<(int Left, int Right)>();
        var words = CountWords(texts).OrderBy(word => word.Key, StringComparer.Ordinal)
            .Select(word => (Symbols: Symbols(word.Key, ids), word.Value)).ToArray();
        var pairs = new PairCounts(words);
        while (tokens.Count < options.VocabularySize && pairs.TakeMostFrequent(LeastCount) is var (left, right))
        {
            var merged = tokens[left] + tokens[right];
            if (!ids.TryGetValue(merged, out var id))
            {
                id = tokens.Count;
                ids.Add(merged, id);
                tokens.Add(merged);
            }

            merges.Add((left, right));
            pairs.Merge(left, right, id);
        }

        TrainedTokenizerFiles.Write(folder, options, tokens, specialCount, merges);
        return tokens.Count;
    }

    private static List<string> Alphabet(BpeTrainerOptions options, out int specialCount)
    {
        var others = options.OtherSpecialTokens.IsDefault ? [] : options.OtherSpecialTokens;
        var roles = new[] { options.BosToken, options.EosToken }.OfType<string>().Distinct(StringComparer.Ordinal);
        var special = roles.Concat(others).ToArray();
        if (special.Any(token => token.Length == 0) || special.Distinct(StringComparer.Ordinal).Count() != special.Length)
        {
            throw new InputException("special tokens", JsonPart.Quote(string.Join(' ', special)), "each one once and none empty", "name them otherwise");
        }

        var alphabet = Enumerable.Range(0, 256).Select(value => ByteLevelAlphabet.Of((byte)value));
        var bytes = alphabet.Order().Select(character => character.ToString()).ToArray();
        if (special.FirstOrDefault(bytes.Contains) is { } taken)
        {
            throw new InputException("special tokens", JsonPart.Quote(taken), "a token that is no single byte", "name it otherwise");
        }

        specialCount = special.Length;
        var least = special.Length + bytes.Length;
        return options.VocabularySize >= least
            ? [.. special, .. bytes]
            : throw new InputException(
                "vocabulary size", $"{options.VocabularySize}", $"at least {least}, for {special.Length} special tokens and 256 bytes", "ask for more");
    }

    private static Dictionary<string, long> CountWords(IEnumerable<string> texts)
    {
        var pattern = SplitPattern.OfRegex(SplitPattern.Gpt2);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var bySpan = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var matches = new List<(int Start, int End)>();
        foreach (var text in texts.Select(TextNormalizers.WellFormed))
        {
            matches.Clear();
            pattern.FindAll(text, matches);
            foreach (var (start, end) in matches)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(bySpan, text.AsSpan(start, end - start), out _)++;
            }
        }

        return counts;
    }

    private static List<int> Symbols(string word, Dictionary<string, int> ids) =>
        [.. Encoding.UTF8.GetBytes(word).Select(value => ids[ByteLevelAlphabet.Of(value).ToString()])];
}
