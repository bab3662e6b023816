using System.Text.Json.Nodes;
using Sera.Model.Tokenization;

namespace Sera.Model.Tests.Tokenization;

/// <summary>Normalizers read from a file, as a tokenizer reads its own.</summary>
internal static class TinyNormalizers
{
    public static Func<string, string> Read(JsonNode normalizer) => text => ReadWhole(normalizer)(new NormalizedText(text, AtBeginning: true)).Text;

    public static TextNormalizer ReadWhole(JsonNode normalizer)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("normalizer.json", new JsonObject { ["normalizer"] = normalizer.DeepClone() }.ToJsonString());
        return TextNormalizers.Read(JsonPart.ReadFile(file)!.Required("normalizer"));
    }
}
