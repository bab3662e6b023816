namespace Sera.Model.Data;

/// <summary>Why rows are refused or dropped; the names under which they are counted.</summary>
public static class BadRowReasons
{
    public const string File = "file";
    public const string BrokenJson = "broken-json";
    public const string BrokenCsv = "broken-csv";
    public const string NotUtf8 = "not-utf8";
    public const string MissingField = "missing-field";
    public const string WrongType = "wrong-type";
    public const string EmptyPrompt = "empty-prompt";
    public const string EmptyResponse = "empty-response";
    public const string Identical = "identical";
    public const string DuplicateId = "duplicate-id";
    public const string NoCommonPrompt = "no-common-prompt";
    public const string NoPreference = "no-preference";
    public const string BadConversation = "bad-conversation";
    /// <summary>Answers of one row that would be too much with all before each.</summary>
    public const string TooManyTurns = "too-many-turns";
    public const string TemplateRefused = "template-refused";
    public const string PromptNotPrefix = "prompt-not-prefix";
    public const string BadCheck = "bad-check";
    public const string BadWinRate = "bad-win-rate";
    public const string BadLabel = "bad-label";
    public const string Vocabulary = "vocabulary";
    public const string NoTokens = "no-tokens";
    public const string TooLong = "too-long";
    public const string PromptTooLong = "prompt-too-long";
    /// <summary>Responses that are equal once they are cut.</summary>
    public const string CutIdentical = "cut-identical";
    public const string RepeatedPrompt = "repeated-prompt";
    public const string HeldOutPrompt = "held-out-prompt";
}
