using System.Collections.Immutable;

namespace Sera.Model.Alignment.Tokens;

/// <summary>In which tokens two responses differ: those outside of a longest common subsequence.</summary>
public static class TokenEdits
{
    /// <summary>
    /// Places of the tokens that are in one response and, in this order, not in the other; ascending. Among several longest common subsequences the
    /// one is taken whose tokens stand first in <paramref name="chosen"/>. BMC's code takes the blocks of Python's difflib, which finds long blocks
    /// rather than the longest subsequence.
    /// </summary>
    public static (ImmutableArray<int> Chosen, ImmutableArray<int> Rejected) Between(ReadOnlySpan<int> chosen, ReadOnlySpan<int> rejected)
    {
        var start = chosen.CommonPrefixLength(rejected);
        var a = chosen[start..];
        var b = rejected[start..];
        var end = 0;
        while (end < a.Length && end < b.Length && a[^(end + 1)] == b[^(end + 1)]) end++;
        a = a[..^end];
        b = b[..^end];

        // common[i, j]: tokens that a[i..] and b[j..] have in common.
        var common = new int[a.Length + 1, b.Length + 1];
        for (var i = a.Length - 1; i >= 0; i--)
        {
            for (var j = b.Length - 1; j >= 0; j--)
                common[i, j] = a[i] == b[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }

        var (ofChosen, ofRejected) = (ImmutableArray.CreateBuilder<int>(), ImmutableArray.CreateBuilder<int>());
        var (x, y) = (0, 0);
        while (x < a.Length || y < b.Length)
        {
            if (x < a.Length && y < b.Length && a[x] == b[y]) (x, y) = (x + 1, y + 1);
            else if (y < b.Length && (x == a.Length || common[x, y + 1] >= common[x + 1, y])) ofRejected.Add(start + y++);
            else ofChosen.Add(start + x++);
        }
        return (ofChosen.ToImmutable(), ofRejected.ToImmutable());
    }
}
