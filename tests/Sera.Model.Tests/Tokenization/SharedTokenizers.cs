using Sera.Model.Tokenization;

namespace Sera.Model.Tests.Tokenization;

/// <summary>The real tokenizers of the shared folder, each read once.</summary>
internal static class SharedTokenizers
{
    private static readonly Dictionary<string, Lazy<HfTokenizer>> Loaded = new[] { "gpt2", "pythia", "tinyllama", "mistral_v1", "stories260K" }
        .ToDictionary(name => name, name => new Lazy<HfTokenizer>(() => Load(name)));

    public static HfTokenizer Of(string name) => Loaded[name].Value;

    private static HfTokenizer Load(string name)
    {
        if (name == "stories260K")
        {
            return HfTokenizer.Load(SharedData.PathOf("data", name, "hf"));
        }

        if (name != "mistral_v1")
        {
            return HfTokenizer.Load(SharedData.PathOf("data", "tokenizers", name));
        }

        using var folder = new TemporaryFolder();
        File.Copy(SharedData.PathOf("data", "tokenizers", name, "tokenizer.converted.json"), Path.Combine(folder.Path, "tokenizer.json"));
        return HfTokenizer.Load(folder.Path);
    }
}
