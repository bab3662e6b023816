using System.Collections.Immutable;
using System.Text.Json;
using Sera.Model.Checkpoints;
using Sera.Model.Models;
using Sera.Model.Models.Llama;

namespace Sera.Model.Tests.Models;

/// <summary>A variant of Golden/llama_forward.py: a small random Llama and what PyTorch computes with it.</summary>
internal sealed class GoldenPolicy : IDisposable
{
    public GoldenPolicy(string variant, bool trainable = false)
    {
        Folder = FolderOf(variant);
        var config = HfLlamaConfig.Read(Path.Combine(Folder, "config.json"));
        using var files = WeightFiles.Open(Folder);
        var flat = LlamaWeights.Load(files, config);
        var layout = LlamaLayout.Of(config);
        Parameters = trainable ? FlatParameters.Trainable(layout, flat) : FlatParameters.Frozen(layout, flat);
        Model = new LlamaModel(config, Parameters);
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "expected.json")));
        Expected = document.RootElement.Clone();
        Ids = [.. Expected.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())];
    }

    public string Folder { get; }

    public FlatParameters Parameters { get; }

    public LlamaModel Model { get; }

    public JsonElement Expected { get; }

    public ImmutableArray<int> Ids { get; }

    public static string FolderOf(string variant) => Path.Combine(AppContext.BaseDirectory, "Golden", "llama_forward", variant);

    public void Dispose()
    {
        Model.Dispose();
        Parameters.Dispose();
    }
}
