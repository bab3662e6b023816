namespace Sera.Model.Tokenization;

/// <summary>
/// The byte alphabet of GPT-2 (Radford et al. 2019): each byte has one printable character. Visible Latin-1 bytes stand for
/// themselves, the other 68 take U+0100 onwards in the order of their values.
/// </summary>
internal static class ByteLevelAlphabet
{
    private static readonly char[] Characters = Build();
    private static readonly short[] Bytes = Invert();

    /// <returns>The character that stands for the byte.</returns>
    public static char Of(byte value) => Characters[value];

    /// <returns>The byte the character stands for; -1 for a character outside the alphabet.</returns>
    public static int ByteOf(char character) => character < Bytes.Length ? Bytes[character] : -1;

    private static char[] Build()
    {
        var characters = new char[256];
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            var visible = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            characters[value] = (char)(visible ? value : next++);
        }

        return characters;
    }

    private static short[] Invert()
    {
        var bytes = new short[Characters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (var value = 0; value < 256; value++)
        {
            bytes[Characters[value]] = (short)value;
        }

        return bytes;
    }
}
