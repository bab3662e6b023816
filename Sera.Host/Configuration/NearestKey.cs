namespace Sera.Host.Configuration;

/// <summary>The known key a user most likely meant.</summary>
internal static class NearestKey
{
    /// <summary>
    /// The key at the smallest edit distance; a key whose last part equals the last part written counts as near, since a right name in the
    /// wrong block is the most frequent slip.
    /// </summary>
    public static string Of(string written, IEnumerable<string> known) =>
        known.MinBy(key => Distance(written, key) - (LastPart(written) == LastPart(key) ? LastPart(key).Length : 0)) ?? "";

    /// <summary>Levenshtein's distance: insertions, deletions and replacements that turn one text into the other.</summary>
    public static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++) row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }

    private static string LastPart(string key) => key[(key.LastIndexOf('.') + 1)..];
}
