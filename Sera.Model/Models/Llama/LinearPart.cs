namespace Sera.Model.Models.Llama;

/// <summary>A matrix of the checkpoint that is a part of a product.</summary>
/// <param name="Projection">The name under which adapters ask for it.</param>
/// <param name="Path">Within its layer.</param>
/// <param name="Outputs">Its rows.</param>
/// <param name="WeightForm">How files hold it; null for as it is.</param>
/// <param name="RowForm">How files hold what has its outputs as rows: what it adds, and the B of an adapter.</param>
public sealed record LinearPart(string Projection, string Path, int Outputs, StoredForm? WeightForm = null, StoredForm? RowForm = null)
{
    internal static LinearPart[] Qkv(LlamaConfig config)
    {
        var all = config.QuerySize + 2 * config.KeySize;
        return config.Spelling switch
        {
            Spelling.GptNeoX => [new("query_key_value", "attention.query_key_value", all, StoredForm.ByHead(config.Heads), StoredForm.ByHead(config.Heads))],
            Spelling.Gpt2 => [Conv1D("c_attn", "attn", all)],
            _ when config.FusedProjections => [Attention("qkv_proj", all)],
            _ => [Attention("q_proj", config.QuerySize), Attention("k_proj", config.KeySize), Attention("v_proj", config.KeySize)],
        };
    }

    internal static LinearPart[] Output(LlamaConfig config) => config.Spelling switch
    {
        Spelling.GptNeoX => [new("dense", "attention.dense", config.HiddenSize)],
        Spelling.Gpt2 => [Conv1D("c_proj", "attn", config.HiddenSize)],
        _ => [Attention("o_proj", config.HiddenSize)],
    };

    internal static LinearPart[] GateUp(LlamaConfig config) => config.Spelling switch
    {
        Spelling.GptNeoX => [Mlp("dense_h_to_4h", config.InnerSize)],
        Spelling.Gpt2 => [Conv1D("c_fc", "mlp", config.InnerSize)],
        _ when config.InnerSize == config.IntermediateSize => [Mlp("up_proj", config.InnerSize)],
        _ when config.FusedProjections => [Mlp("gate_up_proj", config.InnerSize)],
        _ => [Mlp("gate_proj", config.IntermediateSize), Mlp("up_proj", config.IntermediateSize)],
    };

    internal static LinearPart[] Down(LlamaConfig config) => config.Spelling switch
    {
        Spelling.GptNeoX => [Mlp("dense_4h_to_h", config.HiddenSize)],
        Spelling.Gpt2 => [Conv1D("c_proj", "mlp", config.HiddenSize)],
        _ => [Mlp("down_proj", config.HiddenSize)],
    };

    private static LinearPart Attention(string projection, int outputs) => new(projection, $"self_attn.{projection}", outputs);

    private static LinearPart Mlp(string projection, int outputs) => new(projection, $"mlp.{projection}", outputs);

    private static LinearPart Conv1D(string projection, string module, int outputs) => new(projection, $"{module}.{projection}", outputs, StoredForm.Transposed);
}
