using System.Globalization;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Adapters;

/// <summary>An adapter as one safetensors file under PEFT's key names, its rank, alpha and targets in the metadata.</summary>
public static class AdapterFile
{
    private const string RankStabilized = "use_rslora";

    public static void Write(Stream stream, LoraAdapter adapter)
    {
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["r"] = adapter.Options.Rank.ToString(CultureInfo.InvariantCulture),
            ["lora_alpha"] = adapter.Options.Alpha.ToString("R", CultureInfo.InvariantCulture),
            ["target_modules"] = string.Join(',', adapter.Options.Targets),
        };
        if (adapter.Options.RankStabilized) metadata[RankStabilized] = "true";
        SafetensorsWriter.Write(stream, adapter.Parameters, metadata);
    }

    /// <summary>A frozen adapter; the caller owns it.</summary>
    /// <exception cref="InputException">The file is not an adapter of this program, or does not fit the policy.</exception>
    /// <param name="type">Of its parameters; that of the policy it goes on.</param>
    public static LoraAdapter Read(string path, LlamaConfig config, Device device, ScalarType type = ScalarType.Float32)
    {
        using var file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue("r", out var r) || !int.TryParse(r, CultureInfo.InvariantCulture, out var rank) || rank < 1
            || !file.Metadata.TryGetValue("lora_alpha", out var a) || !double.TryParse(a, CultureInfo.InvariantCulture, out var alpha)
            || !file.Metadata.TryGetValue("target_modules", out var targets))
        {
            throw new InputException(path, "no rank, alpha and targets in the metadata", "an adapter file", "check the path");
        }
        var options = new LoraOptions(rank, alpha, targets.Split(','), file.Metadata.ContainsKey(RankStabilized));
        return new LoraAdapter(config, options, FlatParameters.Frozen(LoraAdapter.LayoutOf(config, options), Load(file, config, options, device, type)));
    }

    /// <summary>A and B in the flat layout of an adapter; names, shapes and dtypes checked before it is allocated. The caller owns it.</summary>
    internal static Tensor Load(SafetensorsFile file, LlamaConfig config, LoraOptions options, Device device, ScalarType type)
    {
        var layout = LoraAdapter.LayoutOf(config, options);
        foreach (var entry in file.Entries)
        {
            if (!layout.TryGet(entry.Name, out _))
                throw new InputException(file.Path, $"tensor '{entry.Name}'", $"lora_A and lora_B of {string.Join(", ", options.Targets)} in {config.Layers} layers", "check that the adapter belongs to the policy");
        }
        var entries = layout.Parameters.Select(p => (Parameter: p, Entry: file.Expect(p))).ToArray();
        using var scope = NewDisposeScope();
        var flat = zeros(layout.Length, float32);
        foreach (var (parameter, entry) in entries) file.CopyTo(parameter, entry, flat.narrow(0, parameter.Offset, parameter.Count));
        return flat.to(type, device).MoveToOuterDisposeScope();
    }
}
