using System.Collections.Immutable;
using System.Text.Json;
using Sera.Model.Data;

namespace Sera.Model.Models.Llama;

/// <summary>
/// config.json of a Hugging Face folder, resolved to a <see cref="LlamaConfig"/>: missing fields get the defaults of the format, and a field
/// that would change the arithmetic in a way not done here is refused by name.
/// </summary>
public static class HfLlamaConfig
{
    private const int MostLayers = 1024;

    // Fields that other members of the family use to change the arithmetic, with the one value that changes nothing.
    private static readonly (string Field, string Neutral)[] Arithmetic =
    [
        ("attention_bias", "false"), ("mlp_bias", "false"), ("rope_interleaved", "false"), ("partial_rotary_factor", "1"),
        ("attn_logit_softcapping", "null"), ("final_logit_softcapping", "null"), ("embedding_multiplier", "1"), ("residual_multiplier", "1"),
        ("attention_multiplier", "null"), ("logits_scaling", "1"), ("logit_scale", "1"), ("use_qk_norm", "false"), ("qk_norm", "false"),
        ("no_rope_layers", "null"), ("num_local_experts", "null"), ("quantization_config", "null"), ("use_mrope", "false"), ("use_bidirectional_attention", "false"), ("dual_chunk_attention_config", "null"),
    ];

    /// <exception cref="InputException">Not JSON, not of this family, or a field missing, malformed or not supported.</exception>
    public static LlamaConfig Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, "it cannot be read", "the config.json of a Hugging Face folder", "check the folder's path");
        }
        return Parse(bytes, path);
    }

    /// <inheritdoc cref="Read"/>
    /// <param name="where">The file's name for messages.</param>
    public static LlamaConfig Parse(ReadOnlySpan<byte> json, string where)
    {
        JsonElement root;
        try
        {
            StrictJson.Check(json);
            var reader = new Utf8JsonReader(json);
            root = JsonElement.ParseValue(ref reader);
        }
        catch (JsonException e)
        {
            throw new InputException(where, $"it is not JSON (line {e.LineNumber + 1})", "a JSON object", "restore the file");
        }
        if (root.ValueKind != JsonValueKind.Object) throw new InputException(where, $"a JSON {root.ValueKind}", "a JSON object", "restore the file");
        return Resolve(new JsonFields(root, where), where);
    }

    /// <summary>How many layers; each has names and places before a weight is looked at, so that no file shall claim more of them than memory has room for.</summary>
    /// <exception cref="InputException">No number, or too many.</exception>
    internal static int Layers(JsonFields fields, string field, int? missing = null)
    {
        var layers = fields.Size(field, missing);
        return layers <= MostLayers ? layers : throw new InputException(fields.Where, $"{layers} layers", $"at most {MostLayers}", "restore the file");
    }

    private static LlamaConfig Resolve(JsonFields fields, string where)
    {
        var type = fields.Text("model_type") ?? "(no model_type)";
        if (type == HfGptNeoX.ModelType) return HfGptNeoX.Resolve(fields);
        if (type == HfGpt2.ModelType) return HfGpt2.Resolve(fields);
        var family = HfFamily.Find(type)
            ?? throw new InputException(where, $"model_type is '{type}'", HfFamily.Names, "choose a policy of one of these families");
        RequireNeutral(fields, family.Reads);
        var activation = fields.Text("hidden_act") ?? "silu";
        if (HfGemma.Is(type)) HfGemma.RequireActivation(type, fields);
        else if (activation is not ("silu" or "swish"))
            throw new InputException(where, $"hidden_act is '{activation}'", "silu", "this policy computes something that is not supported here");

        var hidden = fields.Size("hidden_size");
        var heads = fields.Size("num_attention_heads");
        var kvHeads = fields.Size("num_key_value_heads", fields.Names("num_key_value_heads") ? heads : family.KvHeads ?? heads);
        if (heads % kvHeads != 0)
            throw new InputException(where, $"num_key_value_heads is {kvHeads}", $"a divisor of num_attention_heads, {heads}", "restore the file");
        var headSize = fields.Size("head_dim", family.HeadSize ?? hidden / heads);
        if (!fields.Has("head_dim") && family.HeadSize is null && hidden % heads != 0)
            throw new InputException(where, $"hidden_size is {hidden}", $"a multiple of num_attention_heads, {heads}, or a head_dim", "restore the file");
        if (headSize % 2 != 0) throw new InputException(where, $"head_dim is {headSize}", "an even number", "restore the file");
        var positions = fields.Size("max_position_embeddings", family.Positions);
        var layers = Layers(fields, "num_hidden_layers");
        var (theta, scaling) = HfRope.Read(fields, positions, family.RopeTheta, headSize);
        var config = new LlamaConfig(
            fields.Size("vocab_size"),
            hidden,
            fields.Size("intermediate_size"),
            layers,
            heads,
            kvHeads,
            headSize,
            Math.Min(positions, scaling?.LongestContext ?? positions),
            fields.Number("rms_norm_eps", family.NormEps),
            theta,
            scaling,
            fields.Flag("tie_word_embeddings", family.Tied),
            fields.Number("initializer_range", 0.02),
            fields.Ids("bos_token_id") is [var bos, ..] ? bos : null,
            fields.Ids("eos_token_id"));
        return family.With(config, fields);
    }

    /// <param name="reads">Fields that the family computes by.</param>
    /// <exception cref="InputException">Another field would change the arithmetic.</exception>
    internal static void RequireNeutral(JsonFields fields, ImmutableArray<string> reads)
    {
        foreach (var (field, neutral) in Arithmetic)
            if (!reads.Contains(field)) RequireNeutral(fields, field, neutral);
    }

    /// <inheritdoc cref="RequireNeutral(JsonFields, ImmutableArray{string})"/>
    internal static void RequireNeutral(JsonFields fields, string field, string neutral)
    {
        if (!fields.IsNeutral(field, neutral))
            throw new InputException(fields.Where, $"{field} is {fields.Raw(field)}", neutral, "this policy computes something that is not supported here");
    }

    /// <summary>The ids that end a text: those of generation_config.json beside it where it names some, else config.json's.</summary>
    public static ImmutableArray<int> EosIds(LlamaConfig config, string generationConfigPath)
    {
        if (!File.Exists(generationConfigPath)) return config.EosIds;
        try
        {
            using var document = StrictJson.Parse(File.ReadAllBytes(generationConfigPath));
            var ids = new JsonFields(document.RootElement.Clone(), generationConfigPath).Ids("eos_token_id");
            return ids.IsEmpty ? config.EosIds : ids;
        }
        catch (JsonException)
        {
            throw new InputException(generationConfigPath, "it is not JSON", "a JSON object", "restore or remove the file");
        }
    }
}
