namespace Sera.Model.Data;

/// <summary>Carries a bad row from the parser to the reader, which knows file and line.</summary>
internal sealed class BadRowException(string reason, string found, string expected) : Exception(found)
{
    public string Reason { get; } = reason;

    public string Found { get; } = found;

    public string Expected { get; } = expected;
}
