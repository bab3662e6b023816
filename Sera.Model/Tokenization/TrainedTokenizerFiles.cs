using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sera.Model.Tokenization;

/// <summary>Writes a trained byte-level BPE as tokenizer.json and tokenizer_config.json, in the form every version of the readers knows.</summary>
internal static class TrainedTokenizerFiles
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(
        string folder, BpeTrainerOptions options, List<string> tokens, int specialCount, List<(int Left, int Right)> merges)
    {
        Directory.CreateDirectory(folder);
        var byteLevel = new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = true };
        var tokenizer = new
        {
            version = "1.0",
            truncation = (object?)null,
            padding = (object?)null,
            added_tokens = tokens.Take(specialCount).Select(
                (content, id) => new { id, content, single_word = false, lstrip = false, rstrip = false, normalized = false, special = true }),
            normalizer = (object?)null,
            pre_tokenizer = byteLevel,
            post_processor = options.BosToken is { } bos ? Template(bos, tokens.IndexOf(bos)) : byteLevel,
            decoder = byteLevel,
            model = new
            {
                type = "BPE",
                dropout = (object?)null,
                unk_token = (object?)null,
                continuing_subword_prefix = (object?)null,
                end_of_word_suffix = (object?)null,
                fuse_unk = false,
                byte_fallback = false,
                ignore_merges = false,
                vocab = tokens.Select((token, id) => (token, id)).ToDictionary(each => each.token, each => each.id),
                merges = merges.Select(merge => $"{tokens[merge.Left]} {tokens[merge.Right]}"),
            },
        };
        var config = new
        {
            bos_token = options.BosToken,
            clean_up_tokenization_spaces = false,
            eos_token = options.EosToken,
            tokenizer_class = "PreTrainedTokenizerFast",
        };
        WriteFile(Path.Combine(folder, "tokenizer.json"), tokenizer);
        WriteFile(Path.Combine(folder, "tokenizer_config.json"), config);
    }

    private static object Template(string bos, int id) => new
    {
        type = "TemplateProcessing",
        single = new object[] { Special(bos, 0), Text("A", 0) },
        pair = new object[] { Special(bos, 0), Text("A", 0), Special(bos, 1), Text("B", 1) },
        special_tokens = new Dictionary<string, object> { [bos] = new { id = bos, ids = new[] { id }, tokens = new[] { bos } } },
    };

    private static object Special(string id, int type) => new { SpecialToken = new { id, type_id = type } };

    private static object Text(string id, int type) => new { Sequence = new { id, type_id = type } };

    private static void WriteFile(string file, object value) => File.WriteAllText(file, JsonSerializer.Serialize(value, Readable) + "\n");
}
