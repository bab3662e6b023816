using System.Text.Json;
using System.Text.Json.Nodes;
using Sera.Model.Data;
using Sera.Model.Models;

namespace Sera.Model.Checkpoints;

/// <summary>Writes policies as Hugging Face folders: whole or not at all, equal parameters giving equal bytes.</summary>
public static class PolicyFolderWriter
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>What is copied beside config.json and the weights, where the source has it.</summary>
    private static readonly string[] TokenizerFiles =
        ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.model", "added_tokens.json", "chat_template.jinja", PolicyFolder.GenerationConfigFile];

    /// <param name="folder">Created or replaced.</param>
    /// <param name="configPath">The config.json that describes the parameters.</param>
    /// <param name="tokenizerFolder">Where the tokenizer's files are copied from.</param>
    /// <param name="parameters">Under their names in the checkpoint; borrowed.</param>
    /// <param name="format">null = fp32 in one file.</param>
    public static void Write(string folder, string configPath, string tokenizerFolder, FlatParameters parameters, WeightFormat? format = null) =>
        Write(folder, Config(configPath, format ?? WeightFormat.Default), tokenizerFolder, parameters, format ?? WeightFormat.Default);

    /// <inheritdoc cref="Write(string, string, string, FlatParameters, WeightFormat)"/>
    /// <param name="describe">Changes the config.</param>
    /// <param name="beside">Another file.</param>
    internal static void Write(
        string folder, string configPath, string tokenizerFolder, FlatParameters parameters, Action<JsonObject> describe, (string Name, JsonNode Content) beside)
    {
        var config = Config(configPath, WeightFormat.Default);
        describe(config);
        Write(folder, config, tokenizerFolder, parameters, WeightFormat.Default, beside);
    }

    private static void Write(
        string folder, JsonObject config, string tokenizerFolder, FlatParameters parameters, WeightFormat format, (string Name, JsonNode Content)? beside = null)
    {
        DurableFile.WriteFolder(folder, temporary =>
        {
            foreach (var name in TokenizerFiles) Copy(tokenizerFolder, temporary, name);
            // An empty one would take from others the stop that they make of config.json and its defaults.
            if (!File.Exists(Path.Combine(temporary, PolicyFolder.GenerationConfigFile)) && GenerationConfig(config) is { Count: > 0 } generation)
                WriteJson(Path.Combine(temporary, PolicyFolder.GenerationConfigFile), generation);
            WriteJson(Path.Combine(temporary, PolicyFolder.ConfigFile), config);
            if (beside is var (file, content)) WriteJson(Path.Combine(temporary, file), content);
            WeightFilesWriter.Write(temporary, parameters, format);
        });
    }

    /// <summary>New parameters under the config and tokenizer of an existing policy.</summary>
    /// <inheritdoc cref="Write(string, string, string, FlatParameters, WeightFormat)"/>
    public static void Write(string folder, PolicyFolder source, FlatParameters parameters, WeightFormat? format = null) =>
        Write(folder, Path.Combine(source.Path, PolicyFolder.ConfigFile), source.Path, parameters, format);

    internal static void WriteJson(string path, JsonNode json) =>
        DurableFile.Write(path, stream =>
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString(Indented)));
            stream.WriteByte((byte)'\n');
        });

    private static JsonObject Config(string path, WeightFormat format)
    {
        JsonObject config;
        try
        {
            config = JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new InputException(path, "it is not a JSON object", "the config.json of the policy", "restore the file");
        }
        // The type the weights are written in, whatever they were read from.
        foreach (var field in new[] { "torch_dtype", "dtype" })
            if (config.ContainsKey(field)) config[field] = format.Dtype.ToString().ToLowerInvariant();
        if (format.Dtype != TorchSharp.torch.ScalarType.Float32 && !config.ContainsKey("torch_dtype") && !config.ContainsKey("dtype"))
            config["torch_dtype"] = format.Dtype.ToString().ToLowerInvariant();
        return config;
    }

    private static JsonObject GenerationConfig(JsonObject config)
    {
        var generation = new JsonObject();
        foreach (var field in new[] { "bos_token_id", "eos_token_id" })
            if (config[field] is { } id) generation[field] = id.DeepClone();
        return generation;
    }

    private static void Copy(string from, string to, string name)
    {
        var source = Path.Combine(from, name);
        if (!File.Exists(source)) return;
        DurableFile.Write(Path.Combine(to, name), stream =>
        {
            using var file = File.OpenRead(source);
            file.CopyTo(stream);
        });
    }
}
