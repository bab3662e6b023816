using System.Text;
using System.Text.Json.Nodes;
using Sera.Model.Data;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Tokenization;

/// <summary>Unigram files that are damaged, absurd, or made by somebody who means harm.</summary>
public class RefusedUnigramTests
{
    [Theory]
    [InlineData("model.vocab", "[]", "empty vocab")]
    [InlineData("model.vocab", "null", "vocab")]
    [InlineData("model.vocab", """{"a":0}""", "a list")]
    [InlineData("model.vocab", """[["a",-1],["a",-2]]""", "a second time")]
    [InlineData("model.vocab", """[["a"]]""", "vocab[0]")]
    [InlineData("model.vocab", """[["a",-1,2]]""", "vocab[0]")]
    [InlineData("model.vocab", """[[7,-1]]""", "vocab[0]")]
    [InlineData("model.vocab", """[["a","-1"]]""", "vocab[0]")]
    [InlineData("model.vocab", """[["a",-1],"b"]""", "vocab[1]")]
    [InlineData("model.vocab", """[["a",1e999]]""", "the score 1e999")]
    [InlineData("model.vocab", """[["a",-1e300]]""", "the score -1e300")]
    [InlineData("model.vocab", """[["a",NaN]]""", "tokenizer.json:1")]
    [InlineData("model.vocab", """[["\ud800",-1]]""", "tokenizer.json:1")]
    [InlineData("model.unk_id", "3", "id 3")]
    [InlineData("model.unk_id", "-1", "unk_id")]
    [InlineData("model.unk_id", "\"<unk>\"", "unk_id")]
    [InlineData("model.unk_id", "1.5", "unk_id")]
    [InlineData("model.byte_fallback", "1", "byte_fallback")]
    [InlineData("model.alpha", "0.5", "alpha")]
    [InlineData("model.type", "null", "model")]
    [InlineData("pre_tokenizer", """{"type":"ByteLevel"}""", "Unigram behind")]
    [InlineData("added_tokens", """[{"id":9,"content":" ","normalized":true}]""", "nothing")]
    public void A_part_that_is_broken_is_refused_by_name(string path, string value, string named)
    {
        var tokenizer = TinyUnigrams.Of(false, ("<unk>", 0), ("a", -1), ("b", -2));
        tokenizer["normalizer"] = JsonNode.Parse("""{"type":"Strip","strip_left":true,"strip_right":true}""");
        var names = path.Split('.');
        (names.Length == 1 ? tokenizer : tokenizer["model"]!.AsObject())[names[^1]] = "@@";
        Assert.Contains(named, Refusal(tokenizer.ToJsonString().Replace("\"@@\"", value)));
    }

    [Fact]
    public void A_piece_beyond_all_reason_is_refused()
    {
        Assert.Contains("of 5000 bytes", Refusal(TinyUnigrams.Of(false, ("<unk>", 0), (new string('a', 5000), -1)).ToJsonString()));
        Assert.Contains("a", TinyUnigrams.Names(TinyTokenizers.Load(TinyUnigrams.Of(false, ("<unk>", 0), ("a", -1), ("", -2))), "a"));
    }

    [Fact]
    public void Base64_that_is_none_and_charsmaps_that_were_cut_are_refused()
    {
        foreach (var value in new[] { "\"%%%\"", "\"A\"", "7", "\"\"", "\"AAAA\"", "null" })
        {
            Assert.Contains("charsmap", Refusal(WithCharsmap(value)));
        }

        var whole = DoubleArray.Bytes(("\ufb01", "fi"), ("A", "a"), ("é", "e"));
        for (var length = 0; length < whole.Length; length += length < whole.Length - 40 ? 37 : 1)
        {
            // Cut behind the trie's last text the map is whole still.
            if (length < whole.Length - 2)
            {
                Assert.Contains("charsmap", Refusal(Quoted(whole[..length])));
            }
        }
    }

    [Fact]
    public void A_trie_that_leads_in_a_circle_or_out_of_itself_or_to_no_text_is_refused()
    {
        // State 1 goes by 'a' to unit 1^'a', from there on to the same state again.
        var circle = Empty(256);
        (circle[0], circle[1 ^ 'a']) = (1 << 10, 'a' | ((uint)'a' << 10));
        Assert.Contains("circle", Refusal(Quoted(DoubleArray.Join(circle, []))));

        var outside = Empty(256);
        outside[0] = 300 << 10;
        Assert.Contains("unit", Refusal(Quoted(DoubleArray.Join(outside, []))));
        outside[0] = 0xFFFF_FFFF;
        Assert.Contains("unit", Refusal(Quoted(DoubleArray.Join(outside, []))));
        (outside[0], outside[1 ^ 'a']) = (1 << 10, 'a' | (0x1FFFFFu << 10));
        Assert.Contains("unit", Refusal(Quoted(DoubleArray.Join(outside, []))));

        Assert.Contains("a text at byte 9", Refusal(Quoted(DoubleArray.Join(Leading(9), "é\0"u8.ToArray()))));
        Assert.Contains("a text at byte 1", Refusal(Quoted(DoubleArray.Join(Leading(1), "é\0"u8.ToArray()))));
        Assert.Contains("more than 256 bytes", Refusal(Quoted(DoubleArray.Join(Leading(0), Enumerable.Repeat((byte)'a', 300).ToArray()))));
        Assert.Contains("UTF-8", Refusal(Quoted(DoubleArray.Join(Leading(0), [0xFF]))));
    }

    [Fact]
    public void Files_with_bits_flipped_are_refused_or_read_and_never_crash()
    {
        var random = new Random(11);
        var map = DoubleArray.Bytes(("\ufb01", "fi"), ("A", "a"), ("é", "e"), ("e\u0301", "e"));
        var file = Encoding.UTF8.GetBytes(TinyUnigrams.T5().ToJsonString());
        for (var i = 0; i < 300; i++)
        {
            Taken(Encoding.UTF8.GetBytes(Quoted(Flipped(map))));
            Taken(Flipped(file));
        }

        byte[] Flipped(byte[] whole)
        {
            var bytes = whole.ToArray();
            for (var flips = 0; flips < 4; flips++)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            return bytes;
        }
    }

    [Fact]
    public void Maps_and_vocabularies_that_are_large_and_mean_harm_take_no_memory_beyond_their_size()
    {
        // Units that lead anywhere; a thousand states in a row, each with 255 ways to the next; long pieces that begin alike.
        var random = new Random(3);
        var anywhere = Enumerable.Range(0, 1 << 18).Select(_ => (uint)random.NextInt64(1L << 32)).ToArray();
        var ways = Enumerable.Range(0, 1 << 18).Select(i => ((uint)(i ^ 1) & 0xFF) | ((uint)(i ^ ((((i >> 8) + 1) << 8) | 1)) << 10)).ToArray();
        ways[0] = 1 << 10;
        Array.Fill(ways, 0x8000_0000, ways.Length - 256, 256);
        var pieces = TinyUnigrams.Of(false, [("<unk>", 0), .. Enumerable.Range(0, 250).Select(i => (new string('a', 4000 - i), -1.0))]);
        foreach (var json in new[] { Quoted(DoubleArray.Join(anywhere, [])), Quoted(DoubleArray.Join(ways, new byte[1 << 20])), pieces.ToJsonString() })
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Taken(Encoding.UTF8.GetBytes(json));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000_000);
        }
    }

    /// <summary>Reads the file and encodes with it, or has it refused in one line.</summary>
    private static void Taken(byte[] json)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "tokenizer.json"), json);
        try
        {
            HfTokenizer.Load(folder.Path).Encode("\ufb01Aé e\u0301\r\n語😀 ab  ba aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        }
        catch (InputException e)
        {
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    private static uint[] Empty(int length) => [.. Enumerable.Repeat(0x8000_0000u, length)];

    /// <summary>The one key A, with this value.</summary>
    private static uint[] Leading(uint value)
    {
        var units = Empty(256);
        (units[0], units[1 ^ 'A'], units[2]) = (1 << 10, 'A' | 0x100u | ((1u ^ 'A' ^ 2) << 10), 0x8000_0000 | value);
        return units;
    }

    private static string Quoted(byte[] charsmap) => WithCharsmap($"\"{Convert.ToBase64String(charsmap)}\"");

    private static string WithCharsmap(string value)
    {
        var tokenizer = TinyUnigrams.Of(false, ("<unk>", 0), ("a", -1), ("b", -2));
        tokenizer["normalizer"] = JsonNode.Parse("""{"type":"Precompiled","precompiled_charsmap":"@@"}""");
        return tokenizer.ToJsonString().Replace("\"@@\"", value);
    }

    private static string Refusal(string json)
    {
        var line = Assert.Throws<InputException>(() => TinyTokenizers.Load(json)).Message;
        Assert.DoesNotContain('\n', line);
        Assert.Contains("tokenizer.json", line);
        return line;
    }
}
