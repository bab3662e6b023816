using System.Text;

namespace Sera.Model.Tokenization;

/// <summary>One piece to smaller pieces. <c>continuation</c>: the first piece follows other text, so it gets no mark of a beginning.</summary>
internal delegate void PreTokenizer(TextPiece piece, bool continuation, List<TextPiece> pieces);

/// <summary>The pre-tokenizers of tokenizer.json: ByteLevel, Split, Digits, Metaspace, WhitespaceSplit, Sequence, none.</summary>
internal static class PreTokenizers
{
    /// <param name="part">The part of tokenizer.json; null for none.</param>
    /// <param name="byteLevel">Whether the pieces go to the merges as bytes.</param>
    public static PreTokenizer Read(JsonPart? part, out bool byteLevel)
    {
        byteLevel = part?.Type == "ByteLevel";
        if (part?.Type != "Sequence")
        {
            return ReadOne(part);
        }

        var parts = part.Only("pretokenizers").Items("pretokenizers").ToArray();
        foreach (var early in parts.SkipLast(1).Where(each => each.Type is "ByteLevel" or "Sequence"))
        {
            throw early.Refuse($"{early.Type} before the end of a Sequence", "ByteLevel as the last of a flat Sequence");
        }

        byteLevel = parts.LastOrDefault()?.Type == "ByteLevel";
        var steps = parts.Select(ReadOne).ToArray();
        return (piece, continuation, pieces) =>
        {
            var current = new List<TextPiece> { piece };
            foreach (var step in steps)
            {
                var next = new List<TextPiece>(current.Count);
                foreach (var each in current)
                {
                    step(each, continuation, next);
                }

                current = next;
            }

            pieces.AddRange(current);
        };
    }

    /// <summary>Metaspace, as pre-tokenizer and as decoder.</summary>
    /// <returns>The mark, and when it is put before a text: "first", "always" or "never".</returns>
    public static (char Mark, string Scheme, bool Split) ReadMetaspace(JsonPart part)
    {
        var mark = part.Only("replacement", "add_prefix_space", "prepend_scheme", "split", "str_rep").Text("replacement");
        var prefix = part.Flag("add_prefix_space", true);
        var scheme = part.Optional("prepend_scheme") is null ? prefix ? "always" : "never" : part.Text("prepend_scheme");
        if (mark.Length != 1 || scheme is not ("first" or "always" or "never") || (!prefix && scheme != "never"))
        {
            throw part.Refuse(JsonPart.Quote(part.Element), "a one-character replacement and a prepend_scheme first, always or never");
        }

        return (mark[0], scheme, part.Flag("split", true));
    }

    private static PreTokenizer ReadOne(JsonPart? part) => part?.Type switch
    {
        null => (piece, _, pieces) => pieces.Add(piece),
        "ByteLevel" => ReadByteLevel(part),
        "Split" => ReadSplit(part),
        "Digits" => ReadDigits(part),
        "Metaspace" => ReadMetaspaceSplit(part),
        "WhitespaceSplit" => ReadWhitespaceSplit(part),
        _ => throw part.Refuse($"the pre-tokenizer {part.Type}", "none, ByteLevel, Split, Digits, Metaspace, WhitespaceSplit or Sequence"),
    };

    private static PreTokenizer ReadByteLevel(JsonPart part)
    {
        part.Only("add_prefix_space", "trim_offsets", "use_regex");
        var prefix = part.Flag("add_prefix_space", true);
        var pattern = part.Flag("use_regex", true) ? SplitPattern.OfRegex(SplitPattern.Gpt2) : null;
        return (piece, continuation, pieces) =>
        {
            if (prefix && !(piece.First && continuation) && !piece.Span.StartsWith(' '))
            {
                var text = string.Concat(" ", piece.Span);
                piece = new TextPiece(text, 0, text.Length, piece.First);
            }

            if (pattern is null)
            {
                pieces.Add(piece);
            }
            else
            {
                PieceSplit.Apply(piece, Matches(pattern, piece), "Isolated", invert: false, pieces);
            }
        };
    }

    private static PreTokenizer ReadSplit(JsonPart part)
    {
        part.Only("pattern", "behavior", "invert");
        var behavior = part.Text("behavior");
        var invert = part.Flag("invert", false);
        if (!PieceSplit.Behaviors.Contains(behavior))
        {
            throw part.Refuse($"the behavior {JsonPart.Quote(behavior)}", string.Join(", ", PieceSplit.Behaviors));
        }

        var pattern = SplitPattern.Read(part.Required("pattern"));
        return (piece, _, pieces) => PieceSplit.Apply(piece, Matches(pattern, piece), behavior, invert, pieces);
    }

    private static PreTokenizer ReadWhitespaceSplit(JsonPart part)
    {
        part.Only();
        return (piece, _, pieces) =>
        {
            var matches = new List<(int, int)>();
            for (var at = 0; at < piece.Length; at++)
            {
                if (char.IsWhiteSpace(piece.Span[at]))
                {
                    matches.Add((at, at + 1));
                }
            }

            PieceSplit.Apply(piece, matches, "Removed", invert: false, pieces);
        };
    }

    private static PreTokenizer ReadDigits(JsonPart part)
    {
        var behavior = part.Only("individual_digits").Flag("individual_digits", false) ? "Isolated" : "Contiguous";
        return (piece, _, pieces) =>
        {
            var matches = new List<(int, int)>();
            var at = 0;
            foreach (var rune in piece.Span.EnumerateRunes())
            {
                if (Rune.IsNumber(rune))
                {
                    matches.Add((at, at + rune.Utf16SequenceLength));
                }

                at += rune.Utf16SequenceLength;
            }

            PieceSplit.Apply(piece, matches, behavior, invert: false, pieces);
        };
    }

    private static PreTokenizer ReadMetaspaceSplit(JsonPart part)
    {
        var (mark, scheme, split) = ReadMetaspace(part);
        var pattern = SplitPattern.OfString(mark.ToString());
        return (piece, continuation, pieces) =>
        {
            var wanted = scheme == "always" ? !(piece.First && continuation) : scheme == "first" && piece.First && !continuation;
            var text = piece.Span.ToString().Replace(' ', mark);
            text = wanted && text[0] != mark ? mark + text : text;
            var marked = new TextPiece(text, 0, text.Length, piece.First);
            if (split)
            {
                PieceSplit.Apply(marked, Matches(pattern, marked), "MergedWithNext", invert: false, pieces);
            }
            else
            {
                pieces.Add(marked);
            }
        };
    }

    private static List<(int Start, int End)> Matches(SplitPattern pattern, TextPiece piece)
    {
        var matches = new List<(int, int)>();
        pattern.FindAll(piece.Span, matches);
        return matches;
    }
}
