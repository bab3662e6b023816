using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sera.Model.Data;

/// <summary>128 bits that stand for a text, where texts are too many to keep; two different ones in a billion billion rows would share them.</summary>
internal static class TextHash
{
    public static UInt128 Of(string text)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), digest);
        return MemoryMarshal.Read<UInt128>(digest);
    }
}
