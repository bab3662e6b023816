using Sera.Model.Data;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public class RefusedTokenizerTests
{
    public static TheoryData<string, string> Parts => new()
    {
        { "normalizer", """{"type":"BertNormalizer"}""" },
        { "normalizer", """{"type":"Replace","pattern":{"Regex":"a*"},"content":"b"}""" },
        { "normalizer", """{"type":"Replace","pattern":{"Regex":"(?=a)"},"content":"b"}""" },
        { "normalizer", """{"type":"Replace","pattern":{"Regex":"(?<=a)b"},"content":"b"}""" },
        { "normalizer", """{"type":"Replace","pattern":{"Regex":"(a)"},"content":"$1"}""" },
        { "normalizer", """{"type":"Replace","pattern":{"String":""},"content":"b"}""" },
        { "normalizer", """{"type":"Replace","pattern":{},"content":"b"}""" },
        { "normalizer", """{"type":"Strip","strip_left":true}""" },
        { "normalizer", """{"type":"NFKC","version":16}""" },
        { "pre_tokenizer", """{"type":"Whitespace"}""" },
        { "pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"}]}""" },
        { "pre_tokenizer", """{"type":"Split","pattern":{"Regex":"\\w+"},"behavior":"Isolated","invert":false}""" },
        { "pre_tokenizer", """{"type":"Split","pattern":{"String":""},"behavior":"Isolated","invert":false}""" },
        { "pre_tokenizer", """{"type":"Split","pattern":{"String":"a"},"behavior":"Isolate","invert":false}""" },
        { "pre_tokenizer", """{"type":"Digits","individual_digits":1}""" },
        { "post_processor", """{"type":"BertProcessing"}""" },
        { "post_processor", """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B"}}],"pair":[],"special_tokens":{}}""" },
        { "decoder", """{"type":"WordPiece"}""" },
        { "decoder", "null" },
        { "truncation", """{"max_length":5}""" },
        { "added_tokens", """[{"id":300,"content":"<x>","single_word":true}]""" },
        { "added_tokens", """[{"id":5,"content":"<x>"}]""" },
        { "added_tokens", """[{"id":-5,"content":"<x>"}]""" },
        { "novelty", "1" },
        { "model.type", "\"WordPiece\"" },
        { "model.dropout", "0.1" },
        { "model.end_of_word_suffix", "\"</w>\"" },
        { "model.unk_token", "\"<none>\"" },
        { "model.vocab", "null" },
        { "model.vocab", "{}" },
        { "model.vocab", """{"a":0,"b":0}""" },
        { "model.vocab", """{"a":0,"a":1}""" },
        { "model.vocab", """{"a":-1}""" },
        { "model.vocab", """{"a":99999999999}""" },
        { "model.vocab", """{"a":"0"}""" },
        { "model.merges", """["t h e"]""" },
        { "model.merges", """[["t"]]""" },
        { "model.merges", """[7]""" },
        { "model.merges", """["t 語"]""" },
        { "model.merges", """["q z"]""" },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_part_that_is_broken_or_not_supported_is_refused_by_name(string path, string value)
    {
        // Spliced as text: a JsonObject would not hold the same member twice.
        var whole = TinyTokenizers.ByteLevel(["t h"]);
        var names = path.Split('.');
        (names.Length == 1 ? whole : whole["model"]!.AsObject())[names[^1]] = "@@";
        var line = Refusal(whole.ToJsonString().Replace("\"@@\"", value));
        Assert.Contains("tokenizer.json", line);
        Assert.Contains(names[^1] == "type" ? "model" : names[^1], line);
    }

    [Fact]
    public void A_file_cut_short_is_refused_with_its_line()
    {
        var whole = TinyTokenizers.ByteLevel(["t h"]).ToJsonString();
        foreach (var length in new[] { 0, 1, whole.Length / 2, whole.Length - 1 })
        {
            Assert.Contains("tokenizer.json:1", Refusal(whole[..length]));
        }

        Assert.Contains("a JSON object", Refusal("[]"));
    }

    [Fact]
    public void A_folder_without_a_tokenizer_is_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no such file", Assert.Throws<InputException>(() => HfTokenizer.Load(folder.Path)).Message);
    }

    [Theory]
    [InlineData("config.json", """{"vocab_size":200}""", "vocab_size")]
    [InlineData("config.json", """{"eos_token_id":256}""", "256")]
    [InlineData("generation_config.json", """{"eos_token_id":[1,"x"]}""", "eos_token_id[1]")]
    [InlineData("tokenizer_config.json", """{"eos_token":"</s>"}""", "</s>")]
    [InlineData("tokenizer_config.json", """{"eos_token":7}""", "eos_token")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder":{"300":{"content":"<x>"}}}""", "300")]
    [InlineData("tokenizer_config.json", """{"tokenizer_class":"LlamaTokenizerFast","add_bos_token":true}""", "add_bos_token")]
    [InlineData("special_tokens_map.json", "{", "special_tokens_map.json:1")]
    public void A_neighbour_that_contradicts_tokenizer_json_is_refused(string name, string text, string named)
    {
        var line = Assert.Throws<InputException>(() => TinyTokenizers.Load(TinyTokenizers.ByteLevel([]).ToJsonString(), (name, text))).Message;
        Assert.Contains(name, line);
        Assert.Contains(named, line);
        Assert.DoesNotContain('\n', line);
    }

    private static string Refusal(string json)
    {
        var line = Assert.Throws<InputException>(() => TinyTokenizers.Load(json)).Message;
        Assert.DoesNotContain('\n', line);
        return line;
    }
}
