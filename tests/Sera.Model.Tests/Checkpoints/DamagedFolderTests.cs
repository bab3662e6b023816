using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Tokenization;
using Xunit;

namespace Sera.Model.Tests.Checkpoints;

/// <summary>Folders that were cut, flipped or made by somebody who means harm: each is refused in one line or is still a policy, and takes no memory for what it claims.</summary>
public sealed class DamagedFolderTests : IDisposable
{
    private const long MostBytes = 200_000_000;

    private static readonly string[] Names = ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "model.safetensors"];

    private readonly TemporaryFolder _folder = new();

    public DamagedFolderTests() => SmallPolicy.Write(Policy, 1);

    private string Policy => _folder["policy"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_that_are_cut_are_refused_each_of_them_anywhere()
    {
        foreach (var name in Names)
        {
            var whole = Read(name);
            // The last byte of a text may be a line feed; of the weights every byte counts.
            for (var i = 0; i < 20; i++) Refused(name, whole[..(int)((whole.Length - 2L) * i / 19)]);
        }
    }

    [Fact]
    public void Files_with_bits_flipped_are_refused_or_read_and_never_crash()
    {
        var random = new Random(7);
        foreach (var name in Names)
        {
            for (var i = 0; i < 60; i++)
            {
                var bytes = Read(name);
                // Of the weights the header, which everything else depends on.
                var most = name.EndsWith(".safetensors", StringComparison.Ordinal) ? 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes) : bytes.Length;
                for (var flips = 0; flips < 3; flips++) bytes[random.Next(most)] ^= (byte)(1 << random.Next(8));
                Opened(name, bytes);
            }
        }
    }

    [Theory]
    [InlineData("vocab_size", "2000000000")]
    [InlineData("hidden_size", "1000000000")]
    [InlineData("num_hidden_layers", "2000000000")]
    [InlineData("num_attention_heads", "2000000000")]
    [InlineData("intermediate_size", "2147483647")]
    [InlineData("head_dim", "2000000000")]
    [InlineData("num_hidden_layers", "0")]
    [InlineData("num_hidden_layers", "-1")]
    [InlineData("num_hidden_layers", "1e3")]
    [InlineData("max_position_embeddings", "0")]
    [InlineData("rms_norm_eps", "\"x\"")]
    [InlineData("rms_norm_eps", "1e999")]
    [InlineData("rope_theta", "-1")]
    [InlineData("eos_token_id", "[[1]]")]
    [InlineData("rope_scaling", "[]")]
    [InlineData("model_type", "7")]
    public void Absurd_configs_are_refused(string field, string value)
    {
        var config = JsonNode.Parse(Read("config.json"))!;
        config[field] = "@@";
        Refused("config.json", Encoding.UTF8.GetBytes(config.ToJsonString().Replace("\"@@\"", value, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{"model.norm.weight":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,16]}}""")]
    [InlineData("""{"model.norm.weight":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}}""")]
    [InlineData("""{"model.norm.weight":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}""")]
    [InlineData("""{"model.norm.weight":{"dtype":"F32","shape":[4],"data_offsets":[-16,0]}}""")]
    [InlineData("""{"model.norm.weight":{"dtype":"F32","shape":[4],"data_offsets":[0,99999999999]}}""")]
    [InlineData("""{"model.norm.weight":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}""")]
    [InlineData("""{"model.norm.weight":7}""")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void Weights_with_a_false_header_are_refused(string header)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + text.Length + 16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, text.Length);
        text.CopyTo(bytes, 8);
        Refused("model.safetensors", bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, long.MaxValue);
        Refused("model.safetensors", bytes);
    }

    [Theory]
    [InlineData("""{"a":2000000000}""", "[]")]
    [InlineData("""{"a":0,"b":1}""", """["a b"]""")] // a merge whose result is no token
    [InlineData("""{"a":0,"aa":1,"aaa":2}""", """["a aa","aa a","a a","a a"]""")] // one merge twice
    public void Absurd_tokenizers_are_refused(string vocabulary, string merges)
    {
        var tokenizer = JsonNode.Parse(Read("tokenizer.json"))!;
        tokenizer["model"]!["vocab"] = JsonNode.Parse(vocabulary);
        tokenizer["model"]!["merges"] = JsonNode.Parse(merges);
        tokenizer["added_tokens"] = new JsonArray();
        Refused("tokenizer.json", Encoding.UTF8.GetBytes(tokenizer.ToJsonString()));
    }

    [Fact]
    public void Parts_of_a_tokenizer_that_hold_themselves_over_and_over_are_refused()
    {
        foreach (var (part, list) in new[] { ("normalizer", "normalizers"), ("pre_tokenizer", "pretokenizers"), ("decoder", "decoders"), ("post_processor", "processors") })
        {
            var nested = "null";
            for (var depth = 0; depth < 5000; depth++) nested = depth == 0 ? $$"""{"type":"Sequence","{{list}}":[]}""" : $$"""{"type":"Sequence","{{list}}":[{{nested}}]}""";
            var tokenizer = JsonNode.Parse(Read("tokenizer.json"))!;
            tokenizer[part] = "@@";
            Refused("tokenizer.json", Encoding.UTF8.GetBytes(tokenizer.ToJsonString().Replace("\"@@\"", nested, StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}")]
    [InlineData("{% set x = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' * 100000000 %}{{ x }}")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}")]
    [InlineData("{{ range(99999999999) | list | length }}")]
    [InlineData("{{ ((((((((((1) }}")]
    [InlineData("{% if %}")]
    [InlineData("{{ messages.__class__.__mro__ }}")]
    public void Chat_templates_that_blow_up_are_refused(string template)
    {
        File.WriteAllText(Path.Combine(Policy, "chat_template.jinja"), template);
        var path = _folder["rows.jsonl"];
        File.WriteAllText(path, """{"prompt":[{"role":"user","content":"Q"}],"chosen":"A","rejected":"B"}""" + "\n");
        AssertBounded(() => Assert.Throws<InputException>(() => RowReader.Pairs(path, BadRows.Refuse, HfTokenizer.Load(Policy))));
    }

    private byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Policy, name));

    private void Refused(string name, byte[] bytes) => Assert.False(Opened(name, bytes), $"{name} of {bytes.Length} bytes was taken");

    /// <returns>Whether it is still a policy.</returns>
    private bool Opened(string name, byte[] bytes)
    {
        var path = Path.Combine(Policy, name);
        var whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes);
        var opened = false;
        try
        {
            AssertBounded(() =>
            {
                try
                {
                    var folder = PolicyFolder.Open(Policy);
                    folder.CheckWeights();
                    var tokenizer = HfTokenizer.Load(Policy);
                    tokenizer.Decode(tokenizer.Encode("ab ab é"), continuation: false);
                    using var weights = folder.LoadWeights();
                    opened = true;
                }
                catch (InputException e)
                {
                    Assert.DoesNotContain('\n', e.Message);
                }
            });
            return opened;
        }
        finally
        {
            File.WriteAllBytes(path, whole);
        }
    }

    private static void AssertBounded(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < MostBytes, $"{allocated} bytes were allocated");
    }
}
