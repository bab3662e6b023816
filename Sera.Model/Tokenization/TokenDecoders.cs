using System.Globalization;
using System.Text;

namespace Sera.Model.Tokenization;

/// <summary>Token strings to stretches of text. <c>continuation</c>: text stands before them, so no mark of a beginning is taken off.</summary>
internal delegate List<string> TokenDecoder(List<string> tokens, bool continuation);

/// <summary>The decoders of tokenizer.json: ByteLevel, Metaspace, Replace, ByteFallback, Fuse, Strip, Sequence.</summary>
internal static class TokenDecoders
{
    public static TokenDecoder Read(JsonPart part)
    {
        switch (part.Type)
        {
            case "ByteLevel":
                part.Only("add_prefix_space", "trim_offsets", "use_regex");
                return (tokens, _) => [FromByteLevel(tokens)];
            case "Metaspace":
                var (mark, scheme, _) = PreTokenizers.ReadMetaspace(part);
                return (tokens, continuation) =>
                    [.. tokens.Select((token, i) => FromMetaspace(token, mark, drop: i == 0 && scheme != "never" && !continuation))];
            case "Replace":
                var replacement = Replacement.Read(part);
                return (tokens, _) => [.. tokens.Select(token => replacement.Apply(token))];
            case "ByteFallback":
                part.Only();
                return (tokens, _) => FromByteTokens(tokens);
            case "Fuse":
                part.Only();
                return (tokens, _) => [string.Concat(tokens)];
            case "Strip":
                return ReadStrip(part);
            case "Sequence":
                var steps = part.Only("decoders").Items("decoders").Select(Read).ToArray();
                return (tokens, continuation) => steps.Aggregate(tokens, (current, step) => step(current, continuation));
            default:
                throw part.Refuse($"the decoder {part.Type}", "ByteLevel, Metaspace, Replace, ByteFallback, Fuse, Strip or Sequence");
        }
    }

    private static string FromByteLevel(List<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            // A token outside the byte alphabet (an added one) stands for its own text.
            if (token.All(character => ByteLevelAlphabet.ByteOf(character) >= 0))
            {
                bytes.AddRange(token.Select(character => (byte)ByteLevelAlphabet.ByteOf(character)));
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static string FromMetaspace(string token, char mark, bool drop) => drop ? token.Replace(mark.ToString(), "") : token.Replace(mark, ' ');

    private static List<string> FromByteTokens(List<string> tokens)
    {
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        var decoded = new List<string>(tokens.Count);
        var run = new List<byte>();
        foreach (var token in tokens)
        {
            if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                run.Add(value);
                continue;
            }

            Flush();
            decoded.Add(token);
        }

        Flush();
        return decoded;

        // A run that is no UTF-8 as a whole becomes one U+FFFD a byte, as in the reference decoder.
        void Flush()
        {
            if (run.Count == 0)
            {
                return;
            }

            try
            {
                decoded.Add(strict.GetString([.. run]));
            }
            catch (DecoderFallbackException)
            {
                decoded.Add(new string('\ufffd', run.Count));
            }

            run.Clear();
        }
    }

    private static TokenDecoder ReadStrip(JsonPart part)
    {
        var content = part.Only("content", "start", "stop").Text("content");
        var (start, stop) = (part.Id("start"), part.Id("stop"));
        if (content.Length != 1)
        {
            throw part.Refuse($"the content {JsonPart.Quote(content)}", "one character");
        }

        return (tokens, continuation) => [.. tokens.Select((token, i) => Strip(token, content[0], continuation && i == 0 ? 0 : start, stop))];
    }

    private static string Strip(string token, char content, int start, int stop)
    {
        var from = 0;
        while (from < start && from < token.Length && token[from] == content)
        {
            from++;
        }

        var to = token.Length;
        while (token.Length - to < stop && to > from && token[to - 1] == content)
        {
            to--;
        }

        return token[from..to];
    }
}
