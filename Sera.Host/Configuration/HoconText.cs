using Akka.Configuration;
using Akka.Configuration.Hocon;
using Sera.Model.Data;

namespace Sera.Host.Configuration;

/// <summary>Files of HOCON text, and what they hold.</summary>
internal static class HoconText
{
    /// <param name="expected">What the file should be, for the message.</param>
    /// <exception cref="InputException">The file is not there or cannot be read.</exception>
    public static string Read(string path, string expected, string remedy)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var found = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message;
            throw new InputException(path, found, expected, remedy);
        }
    }

    /// <summary>The root of a text that an outline has been made of; null where the text is empty.</summary>
    /// <exception cref="InputException">The parser cannot read it.</exception>
    public static HoconValue? Root(string file, string text, string remedy)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        try
        {
            return ConfigurationFactory.ParseString(text).Root;
        }
        catch (Exception e)
        {
            // The parser throws whatever it stumbles over, null references included; the outline has already refused what a user can get wrong in shape.
            throw new InputException(file, $"it cannot be read as HOCON ({e.Message.ReplaceLineEndings(" ")})", "key = value lines in blocks", remedy);
        }
    }
}
