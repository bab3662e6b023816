using System.Text.Json.Nodes;
using Sera.Model.Tokenization;

namespace Sera.Model.Tests.Tokenization;

/// <summary>Tokenizers small enough to work out by hand.</summary>
internal static class TinyTokenizers
{
    /// <summary>Llama-2 shape: ids 0..2 special, 3..258 the bytes, then characters and merges of "▁It", "▁had".</summary>
    public static JsonObject ByteFallback()
    {
        var vocab = new JsonObject { ["<unk>"] = 0, ["<s>"] = 1, ["</s>"] = 2 };
        for (var value = 0; value < 256; value++)
        {
            vocab[$"<0x{value:X2}>"] = 3 + value;
        }

        foreach (var token in new[] { "▁", "I", "t", "h", "a", "d", "It", "▁It", "ha", "had", "▁had", "▁▁" })
        {
            vocab[token] = vocab.Count;
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray(Added(0, "<unk>"), Added(1, "<s>"), Added(2, "</s>")),
            ["normalizer"] = JsonNode.Parse(
                """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}"""),
            ["pre_tokenizer"] = null,
            ["post_processor"] = JsonNode.Parse(
                """
                {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],
                 "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}
                """),
            ["decoder"] = JsonNode.Parse(
                """
                {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},
                 {"type":"Strip","content":" ","start":1,"stop":0}]}
                """),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<unk>",
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = vocab,
                ["merges"] = new JsonArray("I t", "▁ It", "h a", "ha d", "▁ had", "▁ ▁"),
            },
        };
    }

    /// <summary>The same merges behind a Metaspace pre-tokenizer and decoder instead of the normalizers.</summary>
    public static JsonObject Metaspace(string scheme)
    {
        var tokenizer = ByteFallback();
        tokenizer["normalizer"] = null;
        tokenizer["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = scheme, ["split"] = true };
        tokenizer["decoder"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["decoders"] = new JsonArray(
                new JsonObject { ["type"] = "ByteFallback" },
                new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = scheme, ["split"] = true }),
        };
        return tokenizer;
    }

    /// <summary>The 256 bytes as tokens 0..255, then <paramref name="merges"/>; GPT-2's words unless another pre-tokenizer is given.</summary>
    public static JsonObject ByteLevel(string[] merges, string preTokenizer = """{"type":"ByteLevel","add_prefix_space":false}""")
    {
        var vocab = new JsonObject();
        for (var value = 0; value < 256; value++)
        {
            vocab[ByteLevelAlphabet.Of((byte)value).ToString()] = value;
        }

        foreach (var merge in merges)
        {
            vocab[merge.Replace(" ", "")] = vocab.Count;
        }

        return new JsonObject
        {
            ["added_tokens"] = new JsonArray(),
            ["pre_tokenizer"] = JsonNode.Parse(preTokenizer),
            ["decoder"] = JsonNode.Parse("""{"type":"ByteLevel"}"""),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocab, ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)merge)]) },
        };
    }

    public static JsonObject Added(int id, string content, bool special = true) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = special,
    };

    public static HfTokenizer Load(JsonNode tokenizer) => Load(tokenizer.ToJsonString());

    public static HfTokenizer Load(string tokenizerJson, params (string Name, string Text)[] others)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", tokenizerJson);
        foreach (var (name, text) in others)
        {
            folder.Write(name, text);
        }

        return HfTokenizer.Load(folder.Path);
    }
}
