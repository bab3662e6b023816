using System.Text.Json.Nodes;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Tests.Models;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Checkpoints;

public class PolicyFolderTests
{
    [Fact]
    public void The_digest_depends_on_content_and_not_on_the_place()
    {
        using var folder = new TemporaryFolder();
        var first = SmallPolicy.Write(folder["a"], 1);
        Assert.Equal(first.Digest, SmallPolicy.Write(folder["b"], 1).Digest);
        Assert.NotEqual(first.Digest, SmallPolicy.Write(folder["c"], 2).Digest);
        File.AppendAllText(Path.Combine(folder["b"], "config.json"), " ");
        Assert.NotEqual(first.Digest, PolicyFolder.Open(folder["b"]).Digest);
        Assert.Equal(["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"], first.Files.Select(f => f.Name));
    }

    [Fact]
    public void A_base_is_found_by_its_digest_until_a_file_changes()
    {
        using var folder = new TemporaryFolder();
        var policy = SmallPolicy.Write(folder["policy"], 1);
        var bases = new PolicyBases(folder["work"]);
        bases.Register(policy);
        var found = new PolicyBases(folder["work"]).Resolve(policy.Digest);
        Assert.Equal((policy.Path, policy.Digest), (found.Path, found.Digest));
        Assert.Equal(policy.Config.VocabularySize, found.Config.VocabularySize);

        var weights = Path.Combine(folder["policy"], "model.safetensors");
        var bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.StartsWith($"{weights}: content ", Assert.Throws<InputException>(() => bases.Resolve(policy.Digest)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(weights, bytes[..^1]);
        Assert.StartsWith($"{weights}: {bytes.Length - 1} bytes; expected {bytes.Length} bytes", Assert.Throws<InputException>(policy.VerifyUnchanged).Message, StringComparison.Ordinal);
        File.Delete(weights);
        Assert.StartsWith($"{weights}: the file is gone", Assert.Throws<InputException>(policy.VerifyUnchanged).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => bases.Resolve(Sha256.Of("another")));
    }

    [Fact]
    public void What_is_missing_in_a_folder_is_named()
    {
        using var folder = new TemporaryFolder();
        SmallPolicy.Write(folder["p"], 1);
        Assert.Contains("no such folder", Assert.Throws<InputException>(() => PolicyFolder.Open(folder["none"])).Message, StringComparison.Ordinal);
        foreach (var (file, says) in new[] { ("tokenizer.json", "tokenizer.json: no such file"), ("model.safetensors", "neither model.safetensors nor"), ("config.json", "config.json: it cannot be read") })
        {
            var path = Path.Combine(folder["p"], file);
            File.Move(path, folder["aside"]);
            Assert.Contains(says, Assert.Throws<InputException>(() => PolicyFolder.Open(folder["p"])).Message, StringComparison.Ordinal);
            File.Move(folder["aside"], path);
        }
    }

    [Theory]
    [InlineData("grouped")]
    [InlineData("llama3")]
    [InlineData("linear")]
    public void An_exported_folder_holds_the_same_parameters_in_fp32_and_the_same_bytes_each_time(string variant)
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy(variant);
        foreach (var name in new[] { "one", "two", "two" })
            PolicyFolderWriter.Write(folder[name], Path.Combine(policy.Folder, "config.json"), policy.Folder, policy.Parameters);
        Assert.Equal(["one", "two"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order());
        foreach (var file in Directory.GetFiles(folder["one"])) Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(folder["two"], Path.GetFileName(file))));
        var config = HfLlamaConfig.Read(Path.Combine(folder["one"], "config.json"));
        Assert.Equal(Alone(policy.Model.Config), Alone(config));
        Assert.Contains("\"torch_dtype\": \"float32\"", File.ReadAllText(Path.Combine(folder["one"], "config.json")), StringComparison.Ordinal);
        Assert.Contains("\"eos_token_id\": 2", File.ReadAllText(Path.Combine(folder["one"], "generation_config.json")), StringComparison.Ordinal);
        using var files = WeightFiles.Open(folder["one"]);
        using var flat = LlamaWeights.Load(files, config);
        Assert.True(flat.Equals(policy.Parameters.Flat));
        Assert.Equal(policy.Parameters.Layout.Parameters.Length, files.Entries.Count());

        // Lists are equal only to themselves.
        static LlamaConfig Alone(LlamaConfig config) => config with { EosIds = default, SlidingLayers = default };
    }

    [Fact]
    public void Weights_that_do_not_belong_to_the_config_are_refused_naming_the_tensor()
    {
        using var folder = new TemporaryFolder();
        var path = folder["model.safetensors"];
        using var policy = new GoldenPolicy("grouped");
        Assert.Contains("no tensor 'lm_head.weight'; expected one of shape [40, 16]", Refused(p => p.Name != "lm_head.weight"), StringComparison.Ordinal);
        Assert.Contains("tensor 'model.layers.0.mlp.up_proj.weight' of shape [24, 16]; expected [20, 16]", Refused(_ => true, policy.Model.Config with { IntermediateSize = 20 }, "gate"), StringComparison.Ordinal);
        Assert.Contains("tensor 'model.layers.1.", Refused(_ => true, policy.Model.Config with { Layers = 1 }), StringComparison.Ordinal);

        string Refused(Func<NamedParameter, bool> kept, LlamaConfig? config = null, string? shortened = null)
        {
            using var gate = TorchSharp.torch.zeros(20, 16);
            DurableFile.Write(path, s => SafetensorsWriter.Write(s, policy.Parameters.Layout.Parameters.Where(kept)
                .Select(p => (p.Name, shortened is not null && p.Name.Contains(shortened, StringComparison.Ordinal) ? gate : policy.Parameters[p.Name]))));
            using var files = WeightFiles.OpenFile(path);
            return Assert.Throws<InputException>(() => LlamaWeights.Load(files, config ?? policy.Model.Config)).Message;
        }
    }

    [Fact]
    public void A_broken_shard_index_is_refused()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(GoldenPolicy.FolderOf("llama3"))) File.Copy(file, folder[Path.GetFileName(file)]);
        var index = folder["model.safetensors.index.json"];
        var good = File.ReadAllText(index);
        using (WeightFiles.Open(folder.Path))
        {
        }
        Assert.Contains("without plain file names", Refused(good.Replace("model-00001", "../model-00001", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("it is not an index of weights", Refused("{\"weight_map\":3}"), StringComparison.Ordinal);
        Assert.Contains("it is not an index of weights", Refused("{"), StringComparison.Ordinal);
        Assert.Contains("tensor 'model.norm.weight' said to be in model-00001-of-00002.safetensors, which lacks it",
            Refused(good.Replace("\"model.norm.weight\": \"model-00002", "\"model.norm.weight\": \"model-00001", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("model-00009-of-00002.safetensors: it cannot be read", Refused(good.Replace("model-00002", "model-00009", StringComparison.Ordinal)), StringComparison.Ordinal);

        string Refused(string content)
        {
            File.WriteAllText(index, content);
            return Assert.Throws<InputException>(() => WeightFiles.Open(folder.Path)).Message;
        }
    }

    /// <summary>Shards of at most 40 kB: in the order of the model, none too large, the index naming each tensor's; and read again they are the same parameters.</summary>
    [Theory]
    [InlineData(ScalarType.Float32, "grouped")]
    [InlineData(ScalarType.BFloat16, "grouped")]
    [InlineData(ScalarType.Float32, "neox")]
    [InlineData(ScalarType.Float32, "gpt2")]
    public void Weights_go_through_shards_unchanged(ScalarType dtype, string variant)
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy(variant);
        var config = Path.Combine(policy.Folder, "config.json");
        PolicyFolderWriter.Write(folder["whole"], config, policy.Folder, policy.Parameters, new WeightFormat(dtype));
        var largest = policy.Parameters.Layout.Parameters.Max(parameter => parameter.Count) * (dtype == ScalarType.Float32 ? 4 : 2);
        PolicyFolderWriter.Write(folder["shards"], config, policy.Folder, policy.Parameters, new WeightFormat(dtype, largest));
        PolicyFolderWriter.Write(folder["each"], config, policy.Folder, policy.Parameters, new WeightFormat(dtype, 1));
        PolicyFolderWriter.Write(folder["one"], config, policy.Folder, policy.Parameters, new WeightFormat(dtype, long.MaxValue));
        Assert.Equal(Sha256.OfFile(Path.Combine(folder["whole"], "model.safetensors")), Sha256.OfFile(Path.Combine(folder["one"], "model.safetensors")));
        using var whole = Weights(folder["whole"]);
        foreach (var name in new[] { "shards", "each" })
        {
            using var read = Weights(folder[name]);
            Assert.True(whole.equal(read).all().item<bool>());
            Assert.False(File.Exists(Path.Combine(folder[name], "model.safetensors")));
        }
        var files = Directory.GetFiles(folder["shards"], "*.safetensors").Order(StringComparer.Ordinal).Select(path => Path.GetFileName(path)!).ToArray();
        Assert.True(files.Length > 1);
        Assert.Equal(Enumerable.Range(1, files.Length).Select(i => $"model-{i:D5}-of-{files.Length:D5}.safetensors"), files);
        Assert.Equal(policy.Parameters.Layout.Parameters.Length, Directory.GetFiles(folder["each"], "*.safetensors").Length);
        var index = JsonNode.Parse(File.ReadAllText(Path.Combine(folder["shards"], "model.safetensors.index.json")))!;
        Assert.Equal(policy.Parameters.Layout.ParameterCount * (dtype == ScalarType.Float32 ? 4 : 2), index["metadata"]!["total_size"]!.GetValue<long>());
        foreach (var file in files)
        {
            using var shard = SafetensorsFile.Open(Path.Combine(folder["shards"], file));
            Assert.True(shard.Entries.Sum(entry => entry.Bytes) <= largest);
            Assert.All(shard.Entries, entry => Assert.Equal(file, index["weight_map"]![entry.Name]!.GetValue<string>()));
        }
    }

    [Theory]
    [InlineData("pytorch_model.bin", "pytorch_model.bin: a PyTorch pickle, which is a program that runs when it is opened; expected model.safetensors; convert it in its folder: python3 -c \"import glob, torch, ")]
    [InlineData("pytorch_model-00001-of-00002.bin", "sorted(glob.glob('pytorch_model-*.bin'))")]
    [InlineData("consolidated.00.pth", "consolidated.00.pth: a PyTorch pickle")]
    [InlineData("model.gguf", "model.gguf: weights of GGUF; expected weights in safetensors form; ")]
    public void Weights_of_other_formats_are_refused_with_the_way_out(string name, string says)
    {
        using var folder = new TemporaryFolder();
        SmallPolicy.Write(folder["p"], 1);
        File.Move(Path.Combine(folder["p"], "model.safetensors"), Path.Combine(folder["p"], name));
        File.WriteAllText(Path.Combine(folder["p"], "optimizer.pt"), "what a trainer left");
        Assert.Contains(says, Assert.Throws<InputException>(() => PolicyFolder.Open(folder["p"])).Message, StringComparison.Ordinal);
    }

    /// <summary>Others go by what config.json says of the type, and by generation_config.json, were it empty, in place of a family's own stop.</summary>
    [Fact]
    public void A_folder_says_the_type_of_its_weights_and_makes_up_no_generation_config()
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy("grouped");
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(policy.Folder, "config.json")))!.AsObject();
        foreach (var field in new[] { "torch_dtype", "dtype", "bos_token_id", "eos_token_id" }) config.Remove(field);
        Directory.CreateDirectory(folder["source"]);
        var path = Path.Combine(folder["source"], "config.json");
        File.WriteAllText(path, config.ToJsonString());
        PolicyFolderWriter.Write(folder["out"], path, folder["source"], policy.Parameters, new WeightFormat(ScalarType.BFloat16));
        Assert.Equal("bfloat16", JsonNode.Parse(File.ReadAllText(Path.Combine(folder["out"], "config.json")))!["torch_dtype"]!.GetValue<string>());
        Assert.False(File.Exists(Path.Combine(folder["out"], "generation_config.json")));
    }

    [Fact]
    public void A_weight_that_f16_cannot_hold_is_refused_and_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        using var policy = new GoldenPolicy("grouped");
        var config = Path.Combine(policy.Folder, "config.json");
        using var large = FlatParameters.Frozen(policy.Parameters.Layout, policy.Parameters.Flat.clone().fill_(70_000f));
        var error = Assert.Throws<InputException>(() => PolicyFolderWriter.Write(folder["out"], config, policy.Folder, large, new WeightFormat(ScalarType.Float16)));
        Assert.Contains("a weight beyond 65504", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
        PolicyFolderWriter.Write(folder["out"], config, policy.Folder, large, new WeightFormat(ScalarType.BFloat16));
    }

    /// <summary>A template decides which tokens a policy is asked with.</summary>
    [Fact]
    public void The_chat_template_is_part_of_the_digest()
    {
        using var folder = new TemporaryFolder();
        var without = SmallPolicy.Write(folder["p"], 1).Digest;
        File.WriteAllText(Path.Combine(folder["p"], "chat_template.jinja"), "{{ messages[0].content }}");
        Assert.NotEqual(without, PolicyFolder.Open(folder["p"]).Digest);
    }

    private static Tensor Weights(string folder)
    {
        using var files = WeightFiles.Open(folder);
        return LlamaWeights.Load(files, HfLlamaConfig.Read(Path.Combine(folder, "config.json")));
    }
}
