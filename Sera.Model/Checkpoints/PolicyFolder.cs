using System.Collections.Immutable;
using Sera.Model.Data;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Checkpoints;

/// <summary>
/// A policy as a Hugging Face folder: config.json, tokenizer and weights. Opening reads and hashes every file that decides what the
/// policy computes; nothing is loaded yet.
/// </summary>
public sealed class PolicyFolder
{
    public const string ConfigFile = "config.json";
    public const string GenerationConfigFile = "generation_config.json";

    /// <summary>Files beside the weights that decide ids or stopping; tokenizer.json and config.json must be there.</summary>
    private static readonly string[] Companions =
        ["chat_template.jinja", ConfigFile, GenerationConfigFile, "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"];

    internal PolicyFolder(string path, ImmutableArray<PolicyFile> files, LlamaConfig config)
    {
        (Path, Files, Config) = (path, files, config);
        Listing = string.Concat(files.Select(f => $"{f.Name} {f.Sha256}\n"));
        Digest = Sha256.Of(Listing);
    }

    /// <summary>Full path.</summary>
    public string Path { get; }

    public LlamaConfig Config { get; }

    /// <summary>Every file behind the digest, sorted by name.</summary>
    public ImmutableArray<PolicyFile> Files { get; }

    /// <summary>A line of name and digest for each of <see cref="Files"/>: the text behind the digest.</summary>
    public string Listing { get; }

    /// <summary>SHA-256 over the names and digests of <see cref="Files"/>; the folder's own name and place do not enter.</summary>
    public string Digest { get; }

    /// <exception cref="InputException">The folder or a file is missing, or config.json or a weight file's header is not as it should be.</exception>
    public static PolicyFolder Open(string folder)
    {
        var path = System.IO.Path.GetFullPath(folder);
        if (!Directory.Exists(path)) throw new InputException(folder, "no such folder", "the folder of a policy (config.json, tokenizer.json, *.safetensors)", "check the path");
        var config = ReadConfig(path);
        using (WeightFiles.Open(path))
        {
            var names = Companions.Where(name => File.Exists(System.IO.Path.Combine(path, name))).Concat(WeightFiles.AllNamesIn(path)).Order(StringComparer.Ordinal);
            if (!File.Exists(System.IO.Path.Combine(path, "tokenizer.json")))
                throw new InputException(System.IO.Path.Combine(path, "tokenizer.json"), "no such file", "the policy's tokenizer", "put the tokenizer of the policy beside its weights");
            return new PolicyFolder(path, [.. names.Select(name => Describe(path, name))], config);
        }
    }

    /// <summary>All parameters, laid out by <see cref="LlamaLayout.Of"/>, on the CPU; the caller owns them.</summary>
    /// <inheritdoc cref="LlamaWeights.Load"/>
    public Tensor LoadWeights(ScalarType type = ScalarType.Float32)
    {
        using var files = WeightFiles.Open(Path);
        return LlamaWeights.Load(files, Config, type);
    }

    /// <summary>The same on a device.</summary>
    public Tensor LoadWeights(ScalarType type, Device device)
    {
        var read = LoadWeights(type);
        if (device.type == TorchSharp.DeviceType.CPU) return read;
        using (read) return read.to(device).DetachFromDisposeScope();
    }

    /// <inheritdoc cref="LlamaWeights.Check"/>
    public void CheckWeights()
    {
        using var files = WeightFiles.Open(Path);
        LlamaWeights.Check(files, Config);
    }

    /// <summary>Reads every file again and compares it with what the digest was made of.</summary>
    /// <exception cref="InputException">A file is gone or differs; the message names it.</exception>
    public void VerifyUnchanged()
    {
        foreach (var file in Files)
        {
            var path = System.IO.Path.Combine(Path, file.Name);
            if (!File.Exists(path)) throw Changed(path, "the file is gone", file);
            var length = new FileInfo(path).Length;
            if (length != file.Bytes) throw Changed(path, $"{length} bytes", file);
            if (Sha256.OfFile(path) is var sha && sha != file.Sha256) throw Changed(path, $"content {sha[..12]}", file);
        }
    }

    internal static LlamaConfig ReadConfig(string folder)
    {
        var config = HfLlamaConfig.Read(System.IO.Path.Combine(folder, ConfigFile));
        return config with { EosIds = HfLlamaConfig.EosIds(config, System.IO.Path.Combine(folder, GenerationConfigFile)) };
    }

    private static InputException Changed(string path, string found, PolicyFile file) =>
        new(path, found, $"{file.Bytes} bytes with content {file.Sha256[..12]}, as when the run started", "restore the file, or start a new run");

    private static PolicyFile Describe(string folder, string name)
    {
        var path = System.IO.Path.Combine(folder, name);
        return new PolicyFile(name, Sha256.OfFile(path), new FileInfo(path).Length);
    }
}
