namespace Sera.Model.Tokenization;

/// <summary>The ids that a post-processor puts before and after a single text: TemplateProcessing, ByteLevel (none), Sequence of these.</summary>
internal sealed record PostProcessor(int[] Before, int[] After)
{
    public static PostProcessor Read(JsonPart? part)
    {
        switch (part?.Type)
        {
            case null:
                return new PostProcessor([], []);
            case "ByteLevel":
                part.Only("add_prefix_space", "trim_offsets", "use_regex");
                return new PostProcessor([], []);
            case "TemplateProcessing":
                return ReadTemplate(part.Only("single", "pair", "special_tokens"));
            case "Sequence":
                return part.Only("processors").Items("processors").Select(Read).Aggregate(
                    new PostProcessor([], []),
                    (inner, outer) => new PostProcessor([.. outer.Before, .. inner.Before], [.. inner.After, .. outer.After]));
            default:
                throw part.Refuse($"the post-processor {part.Type}", "none, ByteLevel, TemplateProcessing or Sequence");
        }
    }

    private static PostProcessor ReadTemplate(JsonPart part)
    {
        var (before, after) = (new List<int>(), new List<int>());
        var texts = 0;
        foreach (var item in part.Items("single"))
        {
            if (item.Optional("SpecialToken") is { } special)
            {
                var name = special.Text("id");
                var known = part.Members("special_tokens").FirstOrDefault(member => member.Name == name).Value
                    ?? throw special.Refuse(JsonPart.Quote(name), "a name in special_tokens");
                (texts == 0 ? before : after).AddRange(known.Items("ids").Select(id => id.Id()));
            }
            else if (item.Optional("Sequence")?.Text("id") == "A")
            {
                texts++;
            }
            else
            {
                throw item.Refuse(JsonPart.Quote(item.Element), "SpecialToken or Sequence A");
            }
        }

        return texts == 1 ? new PostProcessor([.. before], [.. after]) : throw part.Refuse($"a single template with {texts} texts", "one text");
    }
}
