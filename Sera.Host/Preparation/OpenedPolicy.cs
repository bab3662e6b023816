using Sera.Model.Checkpoints;
using Sera.Model.Models.Llama;
using Sera.Model.Tokenization;

namespace Sera.Host.Preparation;

/// <summary>A policy's folder with its tokenizer, both read and checked; no weights are held.</summary>
internal sealed record OpenedPolicy(PolicyFolder Folder, HfTokenizer Tokenizer)
{
    /// <summary>Longest sequence, tokens.</summary>
    public int Context => Folder.Config.Context;

    public long Bytes => Folder.Files.Sum(file => file.Bytes);

    /// <exception cref="Model.Data.InputException">The folder is no policy, or a file of it is malformed.</exception>
    public static OpenedPolicy Open(string folder)
    {
        var policy = PolicyFolder.Open(folder);
        return new OpenedPolicy(policy, HfTokenizer.Load(policy.Path));
    }

    /// <summary>A warning where the tokenizer knows more ids than the policy; null where they agree. Rows that use such ids are refused when read.</summary>
    public string? VocabularyWarning() => Tokenizer.VocabularySize > Folder.Config.VocabularySize
        ? $"{Folder.Path}: the tokenizer has {Tokenizer.VocabularySize} tokens, the policy {Folder.Config.VocabularySize}; texts with the others are refused"
        : null;

    /// <summary>A warning that lists what config.json says and nobody here knows; null where there is nothing.</summary>
    public string? FieldsWarning()
    {
        var path = Path.Combine(Folder.Path, PolicyFolder.ConfigFile);
        return HfKnownFields.UnknownIn(path) is { IsEmpty: false } unknown ? $"{path}: fields that are not known here and taken as harmless: {string.Join(", ", unknown)}" : null;
    }

    /// <summary>A wrong name, shape or dtype must be found before anything is written.</summary>
    /// <exception cref="Model.Data.InputException">A tensor is missing, malformed, or not part of such a policy.</exception>
    public void CheckWeights() => Folder.CheckWeights();
}
