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

    /// <summary>prompt, response: strings.</summary>
    Examples,

    /// <summary>prompt and a check of its answer.</summary>
    Evaluation,

    /// <summary>prompt: a string; optional id.</summary>
    Prompts,

    /// <summary>id and preferred, or id and chosen_win_rate; optional prompt, chosen, rejected.</summary>
    Labels,
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
        _ => throw new ArgumentOutOfRangeException(nameof(shape)),
    };

    /// <summary>The shape that the fields of a row suggest; null where none fits.</summary>
    public static RowShape? Recognise(JsonElement row)
    {
        bool Has(string name) => row.TryGetProperty(name, out _);
        bool Listed(string name) => row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array;
        if ((Has("chosen") || Has("rejected")) && (Listed("prompt") || Listed("chosen") || Listed("rejected"))) return RowShape.Conversations;
        if (Has("chosen") || Has("rejected")) return Has("prompt") ? RowShape.Pairs : RowShape.Transcripts;
        if (Has("response")) return RowShape.Examples;
        if (Has("check")) return RowShape.Evaluation;
        return Has("prompt") ? RowShape.Prompts : null;
    }
}
