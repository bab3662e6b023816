namespace Sera.Host.Runs;

/// <summary>Ids of runs: the name, and the time in a short spelling that sorts as text. Not part of any result.</summary>
internal static class RunId
{
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int Length = 9;

    /// <summary>name-suffix, the suffix being milliseconds since 1970 in 9 base-32 digits (good for a thousand years).</summary>
    public static string New(string name, DateTimeOffset now)
    {
        var left = now.ToUnixTimeMilliseconds();
        Span<char> suffix = stackalloc char[Length];
        for (var i = Length - 1; i >= 0; i--, left >>= 5) suffix[i] = Digits[(int)(left & 31)];
        return $"{name}-{suffix}";
    }

    public static string Suffix(string id) => id[(id.LastIndexOf('-') + 1)..];
}
