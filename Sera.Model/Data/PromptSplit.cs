using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sera.Model.Data;

/// <summary>
/// Which prompts are kept aside. It depends on the prompt's text and the seed only, so all pairs of a prompt fall on one side, and rows
/// may come in any order, be added or removed without moving another. The share is met on average.
/// </summary>
public static class PromptSplit
{
    public static bool IsHeldOut(string prompt, ulong seed, double share)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"held-out\0{seed}\0") + prompt));
        // 53 bits, so that the quotient is exact and below 1.
        return (BinaryPrimitives.ReadUInt64BigEndian(digest) >> 11) * Math.ScaleB(1, -53) < share;
    }
}
