using System.Text.Json;

namespace Sera.Model.Data;

/// <summary>What the rows of a file are; one shape a file.</summary>
public enum RowShape
{
    /// <summary>prompt, chosen, rejected: strings; optional id, flipped, chosen_win_rate; other columns ignored.</summary>
    Pairs,

    /// <summary>chosen and rejected: whole transcripts, as HH-RLHF is published.</summary>
    Transcripts,

    /// <summary>prompt, chosen, rejected as messages, or chosen and rejected as whole conversations: the policy's chat template writes them.</summary>
    Conversations,

    /// <summary>prompt, response (or completion): strings or messages; or messages alone.</summary>
    Examples,

    /// <summary>prompt and a check of its answer.</summary>
    Evaluation,

    /// <summary>prompt: a string; optional id.</summary>
    Prompts,

    /// <summary>id and preferred, or id and chosen_win_rate; optional prompt, chosen, rejected.</summary>
    Labels,

    /// <summary>info, summaries, choice: a comparison of two summaries.</summary>
    Comparisons,

    /// <summary>instruction and completions with overall_score.</summary>
    Scored,

    /// <summary>prompt and n responses in an order.</summary>
    Ranked,

    /// <summary>prompt, a dialogue each in chosen and rejected, and their scores.</summary>
    Binarized,
}

internal static class RowShapes
{
    public static string Describe(RowShape shape) => shape switch
    {
        RowShape.Pairs => "preference pairs (prompt, chosen, rejected)",
        RowShape.Transcripts => "preference pairs as Human/Assistant transcripts, split after the last shared \"Assistant:\"",
        RowShape.Conversations => "preference pairs of conversations, written by the policy's chat template",
        RowShape.Examples => "examples (prompt, response)",
        RowShape.Evaluation => "evaluation prompts (prompt, check)",
        RowShape.Prompts => "prompts",
        RowShape.Labels => "labels (id, preferred)",
        RowShape.Comparisons => "preference pairs of TL;DR comparisons (info, summaries, choice)",
        RowShape.Scored => "preference pairs of scored completions (UltraFeedback), the best against the worst of each prompt",
        RowShape.Ranked => "preference pairs of ranked responses, every better one against every worse one of each prompt",
        RowShape.Binarized => "preference pairs of binarized scores (UltraFeedback), prompt and the answers of two dialogues of one turn",
        _ => throw new ArgumentOutOfRangeException(nameof(shape)),
    };

    /// <summary>One line that says what was recognised.</summary>
    /// <param name="leftOut">Rows left out, by reason.</param>
    public static string Announce(string path, RowShape? shape, int rows, IReadOnlyDictionary<string, int> leftOut)
    {
        var what = shape is { } known ? $"{path}: {rows} {Describe(known)}" : $"{path}: no row can be read";
        if (leftOut.Count == 0) return what;
        return $"{what}; {leftOut.Values.Sum()} rows left out ({string.Join(", ", leftOut.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key} {count.Value}"))})";
    }

    /// <summary>The shape that the fields of a row suggest; null where none fits.</summary>
    public static RowShape? Recognise(JsonElement row)
    {
        bool Has(string name) => row.TryGetProperty(name, out _);
        JsonElement First(string name) =>
            row.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 ? list[0] : default;
        if (Has("score_chosen") && Has("score_rejected") && First("chosen").ValueKind == JsonValueKind.Object) return RowShape.Binarized;
        if ((Has("chosen") || Has("rejected")) && (Messages.Has(row, "prompt") || Messages.Has(row, "chosen") || Messages.Has(row, "rejected")))
            return RowShape.Conversations;
        if (Has("chosen") || Has("rejected")) return Has("prompt") ? RowShape.Pairs : RowShape.Transcripts;
        if (Has("summaries") && Has("choice")) return RowShape.Comparisons;
        if (Has("completions") && Has("instruction")) return RowShape.Scored;
        if (Has("prompt") && (First("responses").ValueKind == JsonValueKind.String || (First("answers") is { ValueKind: JsonValueKind.Object } answer && answer.TryGetProperty("rank", out _))))
            return RowShape.Ranked;
        if (Has("response") || (Has("prompt") && Has("completion")) || Messages.Has(row, "messages")) return RowShape.Examples;
        if (Has("check")) return RowShape.Evaluation;
        return Has("prompt") ? RowShape.Prompts : null;
    }
}
