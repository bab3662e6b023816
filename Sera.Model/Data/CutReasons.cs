namespace Sera.Model.Data;

/// <summary>What was cut of rows that are used; the names under which they are counted.</summary>
public static class CutReasons
{
    /// <summary>One response or both.</summary>
    public const string Response = "cut-response";
    public const string Prompt = "cut-prompt";
}
