using System.Text.Json;
using Sera.Model.Checkpoints;
using Sera.Model.Models;
using Sera.Model.Models.Llama;

namespace Sera.Model.Tests.Models;

/// <summary>The small real policy of the shared folder and its published numbers.</summary>
internal static class StoriesPolicy
{
    public static string Folder => SharedData.PathOf("data", "stories260K", "hf");

    public static LlamaModel Load(out FlatParameters parameters)
    {
        var config = HfLlamaConfig.Read(Path.Combine(Folder, "config.json"));
        using var files = WeightFiles.Open(Folder);
        parameters = FlatParameters.Frozen(LlamaLayout.Of(config), LlamaWeights.Load(files, config));
        return new LlamaModel(config, parameters);
    }

    public static JsonElement Golden()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("data", "stories260K", "golden_logprobs.json")));
        return document.RootElement.Clone();
    }
}
