using System.Text.Json;

namespace Sera.Model.Data.Sources;

/// <summary>What is wrong with JSON, in one line.</summary>
internal static class JsonFaults
{
    // The parser's own text ends with its position, counted in bytes and from 0; ours is for people.
    public static string What(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? e.Message : e.Message[..end]).TrimEnd('.').ReplaceLineEndings(" ");
    }
}
