using System.Text.Json.Nodes;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

public class HfTokenizerTests
{
    [Fact]
    public void The_lowest_rank_merges_first_and_of_equal_ranks_the_leftmost()
    {
        var tokenizer = TinyTokenizers.Load(TinyTokenizers.ByteLevel(["b c", "a b", "a a"]));
        Assert.Equal(['a', 256], tokenizer.Encode("abc"));
        Assert.Equal([258, 'a'], tokenizer.Encode("aaa"));
    }

    [Fact]
    public void A_merge_may_be_two_strings_or_one()
    {
        var tokenizer = TinyTokenizers.ByteLevel(["b c"]);
        tokenizer["model"]!["merges"] = new JsonArray(new JsonArray("b", "c"));
        Assert.Equal([256], TinyTokenizers.Load(tokenizer).Encode("bc"));
    }

    [Fact]
    public void With_ignore_merges_a_whole_word_of_the_vocabulary_is_one_token()
    {
        var tokenizer = TinyTokenizers.ByteLevel(["b c"]);
        tokenizer["model"]!["vocab"]!["Ġxyz"] = 257;
        Assert.Equal([' ', 'x', 'y', 'z'], TinyTokenizers.Load(tokenizer).Encode(" xyz"));
        tokenizer["model"]!["ignore_merges"] = true;
        Assert.Equal([257], TinyTokenizers.Load(tokenizer).Encode(" xyz"));
    }

    [Fact]
    public void Unknown_characters_fuse_to_one_unknown_token_where_asked()
    {
        var tokenizer = JsonNode.Parse(
            """
            {"added_tokens":[],"decoder":{"type":"Fuse"},"model":{"type":"BPE","unk_token":"?","fuse_unk":true,"vocab":{"?":0,"a":1},"merges":[]}}
            """)!;
        Assert.Equal([0, 1, 0], TinyTokenizers.Load(tokenizer).Encode("xyaz"));
        tokenizer["model"]!["fuse_unk"] = false;
        Assert.Equal([0, 0, 1, 0], TinyTokenizers.Load(tokenizer).Encode("xyaz"));
    }

    [Fact]
    public void Added_tokens_are_found_leftmost_longest_and_take_the_spaces_they_strip()
    {
        var tokenizer = TinyTokenizers.ByteLevel([]);
        var stripping = TinyTokenizers.Added(258, "<m>");
        (stripping["lstrip"], stripping["rstrip"]) = (true, true);
        tokenizer["added_tokens"] = new JsonArray(TinyTokenizers.Added(256, "<e>"), TinyTokenizers.Added(257, "<e><e>", special: false), stripping);
        var loaded = TinyTokenizers.Load(tokenizer);
        Assert.Equal(['a', 257, 256, 'b'], loaded.Encode("a<e><e><e>b"));
        Assert.Equal(['a', 258, 'b'], loaded.Encode("a \n<m>  b"));
        Assert.Equal("a<e><e>b", loaded.Decode(['a', 257, 256, 'b'], false));
    }

    [Fact]
    public void A_number_is_digits_one_by_one_where_Digits_says_so()
    {
        var tokenizer = TinyTokenizers.Load(TinyTokenizers.ByteLevel(
            ["1 2", "Ġ 1"],
            """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}]}"""));
        Assert.Equal([' ', '1', '2'], tokenizer.Encode(" 12"));
    }

    [Fact]
    public void Broken_bytes_read_as_replacement_characters()
    {
        var overBytes = TinyTokenizers.Load(TinyTokenizers.ByteLevel([]));
        Assert.Equal("a\ufffdb", overBytes.Decode(['a', 0xE2, 0x82, 'b'], false));
        Assert.Equal("€", overBytes.Decode([0xE2, 0x82, 0xAC], false));
        var fallback = TinyTokenizers.Load(TinyTokenizers.ByteFallback());
        Assert.Equal("\ufffd\ufffda", fallback.Decode([3 + 0xE2, 3 + 0x82, 259 + 4], true));
        Assert.Equal("€a", fallback.Decode([3 + 0xE2, 3 + 0x82, 3 + 0xAC, 259 + 4], true));
    }

    [Fact]
    public void A_lone_surrogate_is_encoded_as_the_replacement_character()
    {
        var tokenizer = TinyTokenizers.Load(TinyTokenizers.ByteLevel([]));
        Assert.Equal("a\ufffdb", tokenizer.Decode(tokenizer.Encode("a\ud800b"), false));
    }

    [Fact]
    public void Ids_beyond_the_tokenizer_and_special_ids_leave_no_text()
    {
        var tokenizer = TinyTokenizers.Load(TinyTokenizers.ByteFallback());
        Assert.Equal("It", tokenizer.Decode([1, 266, 2, 100_000, -1], false));
    }

    [Fact]
    public void End_of_sequence_comes_from_the_tokenizer_first_and_the_model_adds_stop_ids()
    {
        var json = TinyTokenizers.ByteFallback().ToJsonString();
        var named = TinyTokenizers.Load(json, ("tokenizer_config.json", """{"eos_token":{"content":"</s>"}}"""),
            ("generation_config.json", """{"eos_token_id":[1,2]}"""));
        Assert.Equal(2, named.EosId);
        Assert.Equal([2, 1], named.StopIds.ToArray());
        Assert.Equal(1, TinyTokenizers.Load(json, ("config.json", """{"eos_token_id":1}""")).EosId);
        var none = TinyTokenizers.Load(json);
        Assert.Null(none.EosId);
        Assert.Equal(1, none.BosId);
        Assert.Empty(none.StopIds);
    }

    [Fact]
    public void Many_threads_get_the_ids_one_thread_gets()
    {
        var tokenizer = TinyTokenizers.Load(TinyTokenizers.ByteLevel(["a b", "ab a", "b a"]));
        var texts = Enumerable.Range(0, 200).Select(i => Convert.ToString(i * 7919, 2).Replace('0', 'a').Replace('1', 'b')).ToArray();
        var alone = texts.Select(tokenizer.Encode).ToArray();
        var fresh = TinyTokenizers.Load(TinyTokenizers.ByteLevel(["a b", "ab a", "b a"]));
        Assert.Equal(alone, texts.AsParallel().AsOrdered().Select(fresh.Encode).ToArray());
    }
}
