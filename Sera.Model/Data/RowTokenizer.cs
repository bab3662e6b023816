using Sera.Model.Data.Sources;
using Sera.Model.Tokenization;
using Sera.Model.Training;

namespace Sera.Model.Data;

/// <summary>Text rows to token rows. Safe for many threads, as the tokenizer is.</summary>
/// <param name="vocabularySize">Rows of the policy's embedding; ids from there on have no meaning to it.</param>
/// <param name="maxLength">Tokens of prompt and response together.</param>
/// <param name="eos">Id to end responses with; null = none.</param>
/// <param name="tooLong">Whether pairs that do not fit are cut.</param>
/// <param name="droppable">Whether options can leave bad rows out, which the error then says.</param>
internal sealed class RowTokenizer(ITextTokenizer tokenizer, int vocabularySize, int maxLength, int? eos, bool droppable = true, TooLong tooLong = TooLong.Drop)
{
    private const string NotPrefix = "the tokens of the prompt are not those with which prompt and response begin";
    private const string PrefixExpected = "a chat template whose prompt ends where a token ends";
    private const string VocabularyRemedy = "use the tokenizer that the policy was trained with";

    private string Vocabulary => $"an id below the policy's vocabulary of {vocabularySize}";

    private string TooLongRemedy => "shorten or remove it" + (droppable ? ", or let data.too-long drop or cut such rows" : "");

    private string RowRemedy => "correct or remove the row" + (droppable ? ", or leave such rows out with data.on-bad-row = drop" : "");

    public Tokenized<PairRow> Pair(RowOrigin origin, TextPair text)
    {
        RowProblem Bad(string reason, string found, string expected, string remedy) => RowTokenizer.Bad(origin, text, reason, found, expected, remedy);
        var prompt = text.PromptTokens(tokenizer);
        if (Response(text, prompt, text.Chosen) is not { } chosen || Response(text, prompt, text.Rejected) is not { } rejected)
            return new(null, Bad(BadRowReasons.PromptNotPrefix, NotPrefix, PrefixExpected, RowRemedy));
        if (Foreign(prompt, chosen, rejected) is { } id) return new(null, Bad(BadRowReasons.Vocabulary, $"token id {id}", Vocabulary, VocabularyRemedy));
        (prompt, chosen, rejected, var cut) = Cut(prompt, chosen, rejected);
        if (prompt.Length >= maxLength)
            return new(null, Bad(BadRowReasons.PromptTooLong, $"a prompt of {prompt.Length} tokens", $"fewer than {maxLength}", TooLongRemedy));
        var longer = Math.Max(chosen.Length, rejected.Length);
        if (prompt.Length + longer > maxLength)
        {
            var found = $"a prompt of {prompt.Length} tokens and responses of {chosen.Length} (chosen) and {rejected.Length} (rejected)";
            return new(null, Bad(BadRowReasons.TooLong, found, $"at most {maxLength} of prompt and response together", TooLongRemedy));
        }
        if (prompt.Length == 0 || chosen.Length == 0 || rejected.Length == 0)
            return new(null, Bad(BadRowReasons.NoTokens, "a text without tokens", "at least one token each of prompt, chosen and rejected", RowRemedy));
        if (chosen.AsSpan().SequenceEqual(rejected))
            return new(null, Bad(cut is null ? BadRowReasons.Identical : BadRowReasons.CutIdentical, "chosen and rejected have the same tokens", "two different responses", RowRemedy));
        var row = new PairRow(text.Id, text.Prompt, text.Chosen, text.Rejected, [.. prompt], [.. chosen], [.. rejected], text.Flipped, text.ChosenWinRate);
        return new(row, null, cut);
    }

    /// <summary>What does not fit, cut as data.too-long says; as it is where it fits, or where no cut would make it fit.</summary>
    private (int[] Prompt, int[] Chosen, int[] Rejected, string? How) Cut(int[] prompt, int[] chosen, int[] rejected)
    {
        var longer = Math.Max(chosen.Length, rejected.Length);
        if (prompt.Length + longer <= maxLength) return (prompt, chosen, rejected, null);
        if (tooLong == TooLong.CutResponse && prompt.Length < maxLength)
        {
            var room = maxLength - prompt.Length;
            return (prompt, chosen[..Math.Min(room, chosen.Length)], rejected[..Math.Min(room, rejected.Length)], CutReasons.Response);
        }
        // Tokens that every text begins with stay; what a chat template wrote has them only if it wrote them.
        var opening = tokenizer.Encode("");
        var (begin, kept) = (prompt.AsSpan().StartsWith(opening) ? opening.Length : 0, maxLength - longer);
        return tooLong == TooLong.CutPrompt && kept > begin
            ? ([.. prompt[..begin], .. prompt[^(kept - begin)..]], chosen, rejected, CutReasons.Prompt)
            : (prompt, chosen, rejected, null);
    }

    /// <summary>Tokens of a prompt that leaves room for at least one token of a response.</summary>
    public Tokenized<PromptRow> Prompt(RowOrigin origin, TextRow text)
    {
        RowProblem Bad(string reason, string found, string expected, string remedy) => RowTokenizer.Bad(origin, text, reason, found, expected, remedy);
        var prompt = text.PromptTokens(tokenizer);
        if (Foreign(prompt) is { } id) return new(null, Bad(BadRowReasons.Vocabulary, $"token id {id}", Vocabulary, VocabularyRemedy));
        if (prompt.Length >= maxLength)
            return new(null, Bad(BadRowReasons.PromptTooLong, $"a prompt of {prompt.Length} tokens", $"fewer than {maxLength}", TooLongRemedy));
        if (prompt.Length == 0) return new(null, Bad(BadRowReasons.NoTokens, "a prompt without tokens", "at least one token", RowRemedy));
        return new(new PromptRow(text.Id, text.Prompt, [.. prompt]), null);
    }

    /// <summary>Tokens of an example that fits as it is.</summary>
    public Tokenized<SupervisedRow> Example(RowOrigin origin, TextExample text)
    {
        RowProblem Bad(string reason, string found, string expected, string remedy) => RowTokenizer.Bad(origin, text, reason, found, expected, remedy);
        var prompt = text.PromptTokens(tokenizer);
        if (Response(text, prompt, text.Response) is not { } response) return new(null, Bad(BadRowReasons.PromptNotPrefix, NotPrefix, PrefixExpected, RowRemedy));
        if (Foreign(prompt, response) is { } id) return new(null, Bad(BadRowReasons.Vocabulary, $"token id {id}", Vocabulary, VocabularyRemedy));
        var length = prompt.Length + response.Length;
        if (prompt.Length == 0 || response.Length == 0 || length > maxLength)
        {
            var found = $"{prompt.Length} tokens of prompt and {response.Length} of response";
            return new(null, Bad(BadRowReasons.TooLong, found, $"a prompt, and at most {maxLength} tokens in all", TooLongRemedy));
        }
        return new(new SupervisedRow(text.Id, [.. prompt], [.. response]), null);
    }

    // A rendered response has its end in it, and its tokens are those that it has behind its prompt. null where there are no such.
    private int[]? Response(TextRow row, int[] prompt, string response)
    {
        if (row.Rendered)
        {
            var whole = tokenizer.EncodeRendered(row.Prompt + response);
            return whole.AsSpan().StartsWith(prompt) ? whole[prompt.Length..] : null;
        }
        var ids = tokenizer.EncodeContinuation(response);
        return eos is { } end ? [.. ids, end] : ids;
    }

    private static RowProblem Bad(RowOrigin origin, TextRow row, string reason, string found, string expected, string remedy) =>
        new(row.Line, reason, origin.Error(row.Line, found, expected, remedy));

    private int? Foreign(params ReadOnlySpan<int[]> texts)
    {
        foreach (var ids in texts)
        {
            foreach (var id in ids)
            {
                if (id < 0 || id >= vocabularySize) return id;
            }
        }
        return null;
    }
}

/// <summary>A token row, or why there is none.</summary>
/// <param name="Cut">How it was cut; null where it is whole.</param>
internal readonly record struct Tokenized<T>(T? Row, RowProblem? Problem, string? Cut = null)
    where T : class;
