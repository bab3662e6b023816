using System.Collections.Immutable;
using Sera.Host.Compute;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Tokenization;
using Sera.Model.Training;
using TorchSharp;

namespace Sera.Host.Preparation;

/// <summary>What a supervised training starts from: a policy's folder, or a config.json with a tokenizer's folder and fresh weights.</summary>
/// <param name="ConfigPath">The config.json that describes the parameters.</param>
/// <param name="TokenizerFolder">Where the tokenizer's files lie.</param>
/// <param name="Digest">Names the start's content.</param>
internal sealed record SftStart(LlamaConfig Config, string ConfigPath, string TokenizerFolder, ITextTokenizer Tokenizer, string Digest, PolicyFolder? Policy)
{
    public bool FromScratch => Policy is null;

    public static SftStart FromPolicy(string folder)
    {
        var opened = OpenedPolicy.Open(folder);
        return new SftStart(
            opened.Folder.Config, Path.Combine(opened.Folder.Path, PolicyFolder.ConfigFile), opened.Folder.Path, opened.Tokenizer, opened.Folder.Digest, opened.Folder);
    }

    /// <exception cref="InputException">A file is missing or malformed, or the tokenizer has more ids than the config.</exception>
    public static SftStart Fresh(string configPath, string tokenizerFolder, ulong seed)
    {
        if (!File.Exists(configPath)) throw new InputException(configPath, "there is no such file", "a config.json of a Llama", "check the path");
        var config = HfLlamaConfig.Read(configPath);
        var tokenizer = HfTokenizer.Load(tokenizerFolder);
        if (tokenizer.VocabularySize > config.VocabularySize)
        {
            throw new InputException(
                configPath, $"vocab_size is {config.VocabularySize}", $"at least {tokenizer.VocabularySize}, the tokenizer's tokens", "raise it or train a smaller tokenizer");
        }
        return new SftStart(config, configPath, tokenizerFolder, tokenizer, Sha256.Of($"{Sha256.OfFile(configPath)} seed {seed}"), null);
    }

    /// <summary>The weights to start from.</summary>
    public StartingPolicy Load(TorchSettings settings, ulong seed)
    {
        TorchLibrary.Require();
        settings.Apply();
        var device = new torch.Device(settings.DeviceName);
        if (Policy is null) return StartingPolicy.Random(Config, seed, device);
        var parameters = FlatParameters.Frozen(LlamaLayout.Of(Config), Policy.LoadWeights(torch.ScalarType.Float32, device));
        return new StartingPolicy(Config, parameters, null, parameters);
    }

    /// <summary>The examples of a file as token ids, responses ended by the end-of-sequence id.</summary>
    /// <exception cref="InputException">An example is too long or cannot be encoded; names its line.</exception>
    public ImmutableArray<SupervisedRow> Rows(string path)
    {
        var eos = Tokenizer.EosId ?? throw new InputException(
            TokenizerFolder, "the tokenizer names no end-of-sequence token", "one to end responses with", "name eos_token in tokenizer_config.json");
        return DataPreparation.Examples(path, Tokenizer, eos, Config.Context, Config.VocabularySize);
    }
}
