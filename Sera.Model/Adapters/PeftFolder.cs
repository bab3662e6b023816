using System.Text.Json;
using System.Text.Json.Nodes;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;

namespace Sera.Model.Adapters;

/// <summary>LoRA adapters as PEFT folders: adapter_config.json and adapter_model.safetensors.</summary>
public static class PeftFolder
{
    private const string ConfigFile = "adapter_config.json";
    private const string WeightsFile = "adapter_model.safetensors";
    private const string PickledFile = "adapter_model.bin";

    private static readonly (string Field, string Neutral)[] Arithmetic =
    [
        ("use_dora", "false"), ("bias", "\"none\""), ("modules_to_save", "null"),
        ("rank_pattern", "{}"), ("alpha_pattern", "{}"), ("layers_to_transform", "null"), ("lora_bias", "false"), ("exclude_modules", "null"),
        ("alora_invocation_tokens", "null"), ("layer_replication", "null"), ("arrow_config", "null"), ("use_bdlora", "null"),
    ];

    /// <param name="folder">Created or replaced.</param>
    /// <param name="basePolicy">Written as base_model_name_or_path.</param>
    /// <param name="config">Of the policy under the adapter.</param>
    public static void Write(string folder, LoraAdapter adapter, string basePolicy, LlamaConfig config) => DurableFile.WriteFolder(folder, temporary =>
    {
        PolicyFolderWriter.WriteJson(Path.Combine(temporary, ConfigFile), new JsonObject
        {
            ["base_model_name_or_path"] = basePolicy,
            ["bias"] = "none",
            ["fan_in_fan_out"] = IsTransposed(config),
            ["inference_mode"] = true,
            ["lora_alpha"] = adapter.Options.Alpha,
            ["lora_dropout"] = 0.0,
            ["peft_type"] = "LORA",
            ["r"] = adapter.Options.Rank,
            ["target_modules"] = new JsonArray([.. adapter.Options.Targets.Select(t => JsonValue.Create(t))]),
            ["task_type"] = "CAUSAL_LM",
            ["use_rslora"] = adapter.Options.RankStabilized,
        });
        DurableFile.Write(Path.Combine(temporary, WeightsFile), stream => AdapterFile.Write(stream, adapter));
    });

    /// <summary>A frozen adapter; the caller owns it.</summary>
    /// <param name="type">Of its parameters; that of the policy it goes on.</param>
    /// <exception cref="InputException">A file is missing or malformed, does not fit the policy, or is an adapter of another kind.</exception>
    public static LoraAdapter Read(string folder, LlamaConfig config, Device device, ScalarType type = ScalarType.Float32)
    {
        var options = ReadOptions(Path.Combine(folder, ConfigFile), config);
        if (!File.Exists(Path.Combine(folder, WeightsFile)) && File.Exists(Path.Combine(folder, PickledFile))) throw Pickles.Refuse(Path.Combine(folder, PickledFile), WeightsFile);
        using var file = SafetensorsFile.Open(Path.Combine(folder, WeightsFile));
        return new LoraAdapter(config, options, FlatParameters.Frozen(LoraAdapter.LayoutOf(config, options), AdapterFile.Load(file, config, options, device, type)));
    }

    // Whether the policy's own files hold its matrices as [inputs, outputs]; A and B are the same either way.
    private static bool IsTransposed(LlamaConfig config) => LlamaLayout.Linears(config)[0].Parts[0].WeightForm == StoredForm.Transposed;

    private static LoraOptions ReadOptions(string path, LlamaConfig config)
    {
        try
        {
            using var document = StrictJson.Parse(File.ReadAllBytes(path));
            var fields = new JsonFields(document.RootElement, path);
            if (fields.Text("peft_type") is var type && type != "LORA") throw new InputException(path, $"peft_type is {fields.Raw("peft_type")}", "LORA", "choose a LoRA adapter");
            foreach (var (field, neutral) in Arithmetic)
            {
                if (!fields.IsNeutral(field, neutral))
                    throw new InputException(path, $"{field} is {fields.Raw(field)}", neutral, "this adapter computes something that is not supported here");
            }
            // A and B have the same form either way, and PEFT corrects a wrong value by the layer that it sees.
            _ = fields.Flag("fan_in_fan_out", false);
            // Others take from the base what A and B begin with, so that the adapter is one of weights that no file has.
            if (document.RootElement.TryGetProperty("init_lora_weights", out var init) && init.ValueKind == JsonValueKind.String && init.GetString() is not ("gaussian" or "eva" or "orthogonal"))
            {
                throw new InputException(
                    path, $"init_lora_weights is {fields.Raw("init_lora_weights")}", "true, false, gaussian, eva or orthogonal",
                    "let PEFT write it as an adapter of the plain base: save_pretrained with path_initial_model_for_weight_conversion");
            }
            var known = LlamaLayout.Projections(config);
            document.RootElement.TryGetProperty("target_modules", out var named);
            string[] targets = named.ValueKind == JsonValueKind.Array ? [.. named.EnumerateArray().Select(t => t.ToString())]
                : named.ValueKind == JsonValueKind.String && named.ValueEquals(LoraOptions.AllLinear) ? [.. known]
                : [];
            if (targets.Length == 0 || targets.Any(t => !known.Contains(t)))
                throw new InputException(path, $"target_modules is {fields.Raw("target_modules")}", $"a list out of {string.Join(", ", known)}", "this adapter changes parts that are not supported here");
            return new LoraOptions(fields.Size("r"), fields.Number("lora_alpha"), targets, fields.Flag("use_rslora", false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            throw new InputException(path, "it cannot be read as a JSON object", "the configuration of an adapter", "check the path");
        }
    }
}
