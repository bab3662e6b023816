namespace Sera.Actors.Runs;

/// <summary>What a run may be called: its id is part of file names and actor paths.</summary>
public static class RunIds
{
    private const int MaxLength = 100;

    /// <summary>null when the id is good.</summary>
    public static string? Fault(string runId) =>
        runId.Length is > 0 and <= MaxLength && char.IsAsciiLetterOrDigit(runId[0])
            && runId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? null
            : $"run id '{runId}': expected up to {MaxLength} letters, digits, '-', '_' and '.', beginning with a letter or digit";
}
