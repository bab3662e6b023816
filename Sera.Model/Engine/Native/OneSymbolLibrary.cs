using System.Buffers.Binary;
using System.Text;

namespace Sera.Model.Engine.Native;

/// <summary>
/// The bytes of a shared library for Linux on x64 that exports one function, which takes nothing and returns 1. ELF-64 as the System V
/// ABI has it: one readable and executable segment (headers, symbols, code), one writable segment (the dynamic section, which the loader
/// of older glibc writes to).
/// </summary>
internal static class OneSymbolLibrary
{
    private const int Page = 0x1000;
    private const int Headers = 64 + 3 * 56;
    private static readonly byte[] ReturnOne = [0xB8, 1, 0, 0, 0, 0xC3]; // mov eax, 1; ret

    public static byte[] Returning1(string function)
    {
        var names = Encoding.ASCII.GetBytes($"\0{function}\0");
        const int hash = Headers;          // one bucket with one symbol: 5 words
        const int symbols = hash + 24;     // the empty symbol and ours, 24 bytes each
        const int code = symbols + 48;
        const int strings = code + 16;
        (long Tag, long Value)[] dynamic = [(4, hash), (5, strings), (6, symbols), (10, names.Length), (11, 24), (0, 0)];
        var file = new byte[Page + dynamic.Length * 16];
        var image = file.AsSpan();

        // The file header: 64 bits, little-endian, a shared object (3) for x64 (62), three program headers behind it.
        ReadOnlySpan<byte> identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identity.CopyTo(image);
        Half(image, 16, 3);
        Half(image, 18, 62);
        Word(image, 20, 1);
        Long(image, 32, 64);
        Half(image, 52, 64);
        Half(image, 54, 56);
        Half(image, 56, 3);
        Half(image, 58, 64);
        Segment(image, 0, type: 1, flags: 5, 0, strings + names.Length, Page);                    // loaded, readable and executable
        Segment(image, 1, type: 1, flags: 6, Page, dynamic.Length * 16, Page);                    // loaded, readable and writable
        Segment(image, 2, type: 2, flags: 6, Page, dynamic.Length * 16, 8);                       // where the dynamic section is

        Word(image, hash, 1);
        Word(image, hash + 4, 2);
        Word(image, hash + 8, 1);
        Word(image, symbols + 24, 1);      // its name
        image[symbols + 28] = 0x12;        // global, a function
        Half(image, symbols + 30, 1);      // defined
        Long(image, symbols + 32, code);
        Long(image, symbols + 40, ReturnOne.Length);
        ReturnOne.CopyTo(image[code..]);
        names.CopyTo(image[strings..]);
        for (var i = 0; i < dynamic.Length; i++)
        {
            Long(image, Page + 16 * i, dynamic[i].Tag);
            Long(image, Page + 16 * i + 8, dynamic[i].Value);
        }
        return file;
    }

    private static void Segment(Span<byte> image, int index, int type, int flags, long at, long size, long alignment)
    {
        var header = image[(64 + 56 * index)..];
        Word(header, 0, type);
        Word(header, 4, flags);
        Long(header, 8, at);
        Long(header, 16, at);
        Long(header, 24, at);
        Long(header, 32, size);
        Long(header, 40, size);
        Long(header, 48, alignment);
    }

    private static void Half(Span<byte> image, int at, short value) => BinaryPrimitives.WriteInt16LittleEndian(image[at..], value);

    private static void Word(Span<byte> image, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(image[at..], value);

    private static void Long(Span<byte> image, int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(image[at..], value);
}
