namespace Sera.Model.Data;

/// <summary>The section data of a run file.</summary>
/// <param name="Pairs">File of preference pairs; empty = none, for a run from prompts alone.</param>
/// <param name="Prompts">File of prompts for bootstrapping; empty = the prompts of the training pairs.</param>
/// <param name="Eval">File of evaluation prompts with checks; empty = none.</param>
/// <param name="HeldOut">Share of the prompts kept aside for reward accuracy, 0 .. 0.5.</param>
/// <param name="MaxLength">Tokens of prompt and response together; 0 = the policy's context.</param>
/// <param name="Limit">Use only the first pairs that fit; 0 = all.</param>
/// <param name="Labels">File of labels for some of the pairs; empty = none.</param>
public sealed record DataOptions(
    string Pairs, string Prompts = "", string Eval = "", double HeldOut = 0.1, bool AppendEos = true, int MaxLength = 0,
    TooLong TooLong = TooLong.Drop, BadRows OnBadRow = BadRows.Refuse, int Limit = 0, string Labels = "");

/// <summary>What to do with what does not fit the length limit (data.too-long).</summary>
public enum TooLong
{
    Drop,
    Refuse,

    /// <summary>Responses lose their end, and with it the end-of-sequence token: a text that is cut does not end there.</summary>
    CutResponse,

    /// <summary>Prompts lose what comes after their beginning-of-sequence token, as much as makes room for the longer response.</summary>
    CutPrompt,
}
