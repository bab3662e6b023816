using System.Collections.Immutable;
using System.Text.Json;

namespace Sera.Model.Data;

/// <summary>
/// Rows that hold judged responses rather than a pair, as pairs: comparisons of two summaries (TL;DR), completions with scores (UltraFeedback),
/// lists of n responses in the order of their quality (Nectar and the like).
/// </summary>
internal static class RankedRows
{
    private const int MostResponses = 64;

    /// <summary>
    /// OpenAI's summarize_from_feedback (arXiv 2009.01325): the post under the headings that its authors gave it, and a summary each, the one
    /// named by choice being chosen.
    /// </summary>
    public static TextPair Comparison(JsonElement json, int line)
    {
        const string Expected = "info (subreddit, title and post, or article), two summaries with text, and choice (0 or 1)";
        var fields = new RowFields(json, Expected);
        var info = fields.Object("info", "subreddit, title and post, or article");
        var prompt = info.Maybe("post") is { Length: > 0 } post
            ? $"SUBREDDIT: r/{info.Maybe("subreddit")}\n\nTITLE: {info.Maybe("title")}\n\nPOST: {post}\n\nTL;DR:"
            : $"Article:\n\n{info.Filled("article", BadRowReasons.EmptyPrompt)}\n\nTL;DR:";
        var summaries = fields.Objects("summaries", "text");
        var choice = fields.Number("choice");
        if (summaries.Length != 2 || choice is not (0 or 1))
            throw new BadRowException(BadRowReasons.NoPreference, $"{summaries.Length} summaries and choice {choice}", Expected);
        var texts = summaries.Select(summary => summary.Text("text")).ToArray();
        return Pair(fields.Id() ?? $"line-{line}", line, prompt, texts[(int)choice], texts[1 - (int)choice]);
    }

    /// <summary>UltraFeedback (arXiv 2310.01377): the completion with the best overall_score against the one with the worst.</summary>
    public static TextPair Scored(JsonElement json, int line)
    {
        const string Expected = "instruction, and two or more completions with response and overall_score";
        var fields = new RowFields(json, Expected);
        var prompt = fields.Filled("instruction", BadRowReasons.EmptyPrompt);
        var ranked = fields.Objects("completions", "response and overall_score")
            .Select(completion => (Text: completion.Text("response"), Score: completion.Number("overall_score"))).OrderByDescending(completion => completion.Score).ToList();
        if (ranked.Count < 2 || ranked[0].Score == ranked[^1].Score)
            throw new BadRowException(BadRowReasons.NoPreference, ranked.Count < 2 ? $"{ranked.Count} completions" : $"{ranked.Count} completions of one score", Expected);
        return Pair(fields.Id() ?? $"line-{line}", line, prompt, ranked[0].Text, ranked[^1].Text);
    }

    /// <summary>
    /// Every two responses of different rank (InstructGPT, arXiv 2203.02155): responses with ranks (1 is best) or scores, or in the order of
    /// their quality, best first; or answers with rank, as Nectar has them.
    /// </summary>
    public static TextPair[] Ranked(JsonElement json, int line)
    {
        const string Expected = "prompt, and responses as strings with ranks, scores or best first, or answers with answer and rank";
        var fields = new RowFields(json, Expected);
        var prompt = fields.Filled("prompt", BadRowReasons.EmptyPrompt);
        var (texts, ranks) = fields.Has("answers") ? Answers(fields) : Responses(fields);
        if (texts.Length > MostResponses)
            throw new BadRowException(BadRowReasons.NoPreference, $"{texts.Length} responses", $"at most {MostResponses}, since every two of them become a pair");
        if (ranks.Length != texts.Length) throw new BadRowException(BadRowReasons.NoPreference, $"{texts.Length} responses and {ranks.Length} ranks or scores", Expected);
        var order = Enumerable.Range(0, texts.Length).OrderBy(i => ranks[i]).ToArray();
        var id = fields.Id() ?? $"line-{line}";
        // Numbered by place in the row, so that an id tells which two of its responses a pair is.
        TextPair[] pairs =
        [
            .. from i in Enumerable.Range(0, order.Length)
               from j in Enumerable.Range(i + 1, order.Length - i - 1)
               where ranks[order[i]] < ranks[order[j]]
               select Pair($"{id}/{order[i] + 1}-{order[j] + 1}", line, prompt, texts[order[i]], texts[order[j]]),
        ];
        return pairs.Length > 0 ? pairs : throw new BadRowException(BadRowReasons.NoPreference, $"{texts.Length} responses, none better than another", Expected);
    }

    /// <summary>
    /// UltraFeedback as Zephyr's authors binarized it (arXiv 2310.16944): the prompt as a string, chosen and rejected as dialogues of one turn
    /// that repeat it. Without a template a dialogue is its answer.
    /// </summary>
    public static TextPair Binarized(JsonElement json, int line)
    {
        const string Expected = "prompt as a string, and in chosen and rejected one message of the user, the prompt, and one of the assistant";
        var fields = new RowFields(json, Expected);
        var prompt = fields.Filled("prompt", BadRowReasons.EmptyPrompt);
        return Pair(fields.Id() ?? $"line-{line}", line, prompt, Answer("chosen"), Answer("rejected"));

        string Answer(string name)
        {
            var messages = fields.Objects(name, "role and content");
            return messages.Length == 2 && messages[0].Text("role") == "user" && messages[1].Text("role") == "assistant" && messages[0].Text("content") == prompt
                ? messages[1].Text("content")
                : throw new BadRowException(BadRowReasons.WrongType, $"'{name}' is no dialogue of one turn about the prompt", Expected);
        }
    }

    private static (ImmutableArray<string> Texts, double[] Ranks) Answers(RowFields fields)
    {
        var answers = fields.Objects("answers", "answer and rank");
        return ([.. answers.Select(answer => answer.Text("answer"))], [.. answers.Select(answer => answer.Number("rank"))]);
    }

    private static (ImmutableArray<string> Texts, double[] Ranks) Responses(RowFields fields)
    {
        var texts = fields.Texts("responses");
        if (fields.Has("ranks")) return (texts, fields.Numbers("ranks"));
        return (texts, fields.Has("scores") ? [.. fields.Numbers("scores").Select(score => -score)] : [.. texts.Select((_, i) => (double)i)]);
    }

    private static TextPair Pair(string id, int line, string prompt, string chosen, string rejected)
    {
        foreach (var response in (ReadOnlySpan<string>)[chosen, rejected])
        {
            if (string.IsNullOrWhiteSpace(response)) throw new BadRowException(BadRowReasons.EmptyResponse, "a response is empty", "text in all responses");
        }
        return chosen == rejected
            ? throw new BadRowException(BadRowReasons.Identical, "two responses of different quality are equal", "different responses")
            : new TextPair(line, id, prompt, chosen, rejected, null);
    }
}
