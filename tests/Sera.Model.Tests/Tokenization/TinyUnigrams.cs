using System.Text.Json.Nodes;
using Sera.Model.Tokenization;

namespace Sera.Model.Tests.Tokenization;

/// <summary>Unigram tokenizers small enough to work out by hand; id 0 is unknown.</summary>
internal static class TinyUnigrams
{
    /// <summary>The model alone: no normalizer, no pre-tokenizer, tokens joined as they are.</summary>
    public static JsonObject Of(bool byteFallback, params (string Piece, double Score)[] pieces) => new()
    {
        ["added_tokens"] = new JsonArray(),
        ["decoder"] = JsonNode.Parse("""{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"}]}"""),
        ["model"] = new JsonObject
        {
            ["type"] = "Unigram",
            ["unk_id"] = 0,
            ["vocab"] = new JsonArray([.. pieces.Select(each => (JsonNode)new JsonArray(each.Piece, each.Score))]),
            ["byte_fallback"] = byteFallback,
        },
    };

    /// <summary>The shape that T5's SentencePiece model is exported in, with a handful of pieces.</summary>
    public static JsonObject T5(string metaspace = """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""")
    {
        var tokenizer = Of(
            false, ("<pad>", 0), ("</s>", 0), ("<unk>", 0), ("▁", -2), ("a", -3), ("b", -3), ("▁a", -4), ("▁ab", -5), ("ba", -5), ("▁▁", -9));
        tokenizer["model"]!["unk_id"] = 2;
        tokenizer["added_tokens"] = new JsonArray(TinyTokenizers.Added(0, "<pad>"), TinyTokenizers.Added(1, "</s>"), TinyTokenizers.Added(2, "<unk>"));
        tokenizer["normalizer"] = JsonNode.Parse(
            """{"type":"Sequence","normalizers":[{"type":"Strip","strip_left":false,"strip_right":true},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}]}""");
        tokenizer["pre_tokenizer"] = JsonNode.Parse(metaspace);
        tokenizer["decoder"] = JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","add_prefix_space":true}""");
        tokenizer["post_processor"] = JsonNode.Parse(
            """
            {"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
             "pair":[],"special_tokens":{"</s>":{"id":"</s>","ids":[1],"tokens":["</s>"]}}}
            """);
        return tokenizer;
    }

    /// <summary>All bytes as pieces, a few words, and spaces as word marks.</summary>
    public static JsonObject ByteFallback()
    {
        var bytes = Enumerable.Range(0, 256).Select(value => ($"<0x{value:X2}>", 0.0));
        (string, double)[] words = [("▁", -2), ("e", -2.5), ("t", -3), ("th", -4), ("▁the", -5), ("é", -7), ("語", -8), ("😀", -9), ("▁▁", -3)];
        var tokenizer = Of(true, [("<unk>", 0), .. bytes, .. words]);
        tokenizer["normalizer"] = JsonNode.Parse("""{"type":"Replace","pattern":{"String":" "},"content":"▁"}""");
        tokenizer["decoder"] = JsonNode.Parse(
            """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}]}""");
        return tokenizer;
    }

    /// <returns>The names of the ids a text gets, with | between them.</returns>
    public static string Names(HfTokenizer tokenizer, string text) => string.Join('|', tokenizer.Encode(text).Select(tokenizer.NameOf));
}
