namespace Sera.Actors.Runs;

/// <summary>What a run may be called: its id is part of file names and actor paths.</summary>
public static class RunIds
{
    private const int MaxLength = 100;
    private const char PartMark = '/';

    /// <summary>
    /// Name of something that asks for work on behalf of a run, for as long as its actor lives. No run is called so, and a run outlives its actor.
    /// </summary>
    public static string Part(string runId, string part) => $"{runId}{PartMark}{part}";

    public static bool IsPart(string id) => id.Contains(PartMark);

    /// <summary>null when the id is good.</summary>
    public static string? Fault(string runId) =>
        runId.Length is > 0 and <= MaxLength && char.IsAsciiLetterOrDigit(runId[0])
            && runId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? null
            : $"run id '{runId}': expected up to {MaxLength} letters, digits, '-', '_' and '.', beginning with a letter or digit";
}
