namespace Sera.Model.Data;

/// <summary>What to do with a row that cannot be used (data.on-bad-row).</summary>
public enum BadRows
{
    /// <summary>The first one ends the reading with its InputException.</summary>
    Refuse,

    /// <summary>It is left out and listed among the problems.</summary>
    Drop,
}
