namespace Sera.Model.Tokenization.Chat;

/// <summary>
/// What a chat template may use. Templates come with downloaded models, so they are not trusted: the limits are far above what
/// published templates need and low enough that a hostile one ends within a second or two and some hundred megabytes.
/// </summary>
internal static class TemplateLimits
{
    /// <summary>Characters of a template's source; the longest published ones have some 30,000.</summary>
    public const int SourceCharacters = 512 * 1024;

    /// <summary>Expressions, statements, loop turns and list items of one rendering.</summary>
    public const int Steps = 2_000_000;

    /// <summary>Characters of all texts that one rendering makes, its output included.</summary>
    public const int Characters = 16 * 1024 * 1024;

    /// <summary>How deep expressions, blocks, macro calls and values may lie in one another.</summary>
    public const int Depth = 200;

    /// <summary>Numbers of one range(); the limit of Jinja's own sandbox.</summary>
    public const int RangeItems = 100_000;

    /// <summary>Looking through this many characters counts as one step.</summary>
    public const int CharactersPerStep = 16;

    /// <summary>So many comparisons of characters, when a text is looked for in another, count as one step.</summary>
    public const int ComparisonsPerStep = 256;

    /// <summary>Looking for a variable through so many loops and blocks in one another counts as one step.</summary>
    public const int ScopesPerStep = 8;
}
