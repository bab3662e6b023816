namespace Sera.Model.Data;

/// <summary>HH-RLHF pairs as published (arXiv 2204.05862): two whole dialogues that part in the assistant's last turn, or before it.</summary>
internal static class Transcript
{
    private const string Marker = "\n\nAssistant:";

    /// <summary>
    /// Splits behind the last marker that lies inside the common beginning: the prompt ends with the marker, the responses go on as they
    /// stand, their leading space included. Null where the two share no marker.
    /// </summary>
    public static (string Prompt, string Chosen, string Rejected)? Split(string chosen, string rejected)
    {
        var common = chosen.AsSpan().CommonPrefixLength(rejected);
        var at = chosen.AsSpan(0, common).LastIndexOf(Marker, StringComparison.Ordinal);
        if (at < 0) return null;
        var end = at + Marker.Length;
        return (chosen[..end], chosen[end..], rejected[end..]);
    }
}
