using Sera.Model.Data;
using Sera.Model.Kernels;

namespace Sera.Model.Models.Llama;

/// <summary>
/// What the config.json of a Gemma, Gemma 2 (arXiv 2408.00118) or the text part of a Gemma 3 (arXiv 2503.19786) says beside that of a Llama; missing fields get
/// the defaults of transformers' configs.
/// </summary>
internal static class HfGemma
{
    public const string AttentionCap = "attn_logit_softcapping";
    public const string LogitCap = "final_logit_softcapping";
    private const string First = "gemma";
    private const string Second = "gemma2";
    private const string Third = "gemma3_text";
    private const string Field = "hidden_activation";
    private const string Scalar = "query_pre_attn_scalar";

    public static bool Is(string modelType) => modelType is First or Second or Third;

    /// <summary>Layers that slide, where no list says it: every other one of Gemma 2, all but every sixth of Gemma 3.</summary>
    public static bool Slides(string modelType, int layer, JsonFields fields) => modelType switch
    {
        Second => layer % 2 == 0,
        Third => (layer + 1) % fields.Size("sliding_window_pattern", fields.Size("_sliding_window_pattern", 6)) != 0,
        _ => false,
    };

    /// <exception cref="InputException">A field is malformed or would change the arithmetic in a way not done here.</exception>
    public static LlamaConfig With(string modelType, LlamaConfig config, JsonFields fields)
    {
        var (second, later) = (modelType == Second, modelType != First);
        var scalar = later ? fields.Number(Scalar, 256) : config.HeadSize;
        if (!(scalar > 0)) throw new InputException(fields.Where, $"{Scalar} is {scalar:R}", "a positive number", "restore the file");
        return config with
        {
            NormsAddOne = true,
            PostNorms = later,
            QkNorm = modelType == Third,
            EmbeddingScale = Math.Sqrt(config.HiddenSize),
            AttentionScale = 1 / Math.Sqrt(scalar),
            AttentionCap = second ? Cap(AttentionCap, 50) : 0,
            LogitCap = later ? Cap(LogitCap, second ? 30 : 0) : 0,
            Activation = Activation.GatedGeluTanh,
            SlidingRopeTheta = modelType == Third ? config.SlidingRopeTheta ?? HfRope.Theta(fields, "rope_local_base_freq", 10_000) : config.SlidingRopeTheta,
            BosId = fields.Names("bos_token_id") ? config.BosId : 2,
            EosIds = fields.Names("eos_token_id") ? config.EosIds : [1],
        };

        double Cap(string field, double missing)
        {
            if (!fields.Names(field)) return missing;
            var cap = fields.Number(field, 0);
            return cap > 0 || !fields.Has(field) ? cap : throw new InputException(fields.Where, $"{field} is {cap:R}", "a positive number or null", "restore the file");
        }
    }

    /// <exception cref="InputException">It is not the one of a Gemma.</exception>
    public static void RequireActivation(string modelType, JsonFields fields)
    {
        if (HfActivation.Read(fields, Field, "gelu_pytorch_tanh") != Activation.GeluTanh) throw Another(Field);
        // The first configs, and no later ones, had this field alone, and said gelu where they meant its other form.
        if (modelType == First && !fields.Has(Field) && fields.Has("hidden_act") && fields.Text("hidden_act") is not "gelu" && HfActivation.Read(fields, "hidden_act", "") != Activation.GeluTanh)
            throw Another("hidden_act");

        InputException Another(string field) => new(fields.Where, $"{field} is '{fields.Text(field)}'", "gelu_pytorch_tanh, which Gemmas are trained with", "choose another policy");
    }
}
