namespace Sera.Model.Data.Sources;

/// <summary>Trouble with a file as a whole, from a reader that does not know its name; <see cref="FileRows"/> adds the place.</summary>
internal sealed class SourceException(string found, string expected, string remedy) : Exception(found)
{
    public string Found { get; } = found;

    public string Expected { get; } = expected;

    public string Remedy { get; } = remedy;
}
