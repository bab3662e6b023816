using Sera.Model.Data;
using Sera.Model.Kernels;

namespace Sera.Model.Models.Llama;

/// <summary>The names of transformers for the functions of a feed-forward block without a gate.</summary>
internal static class HfActivation
{
    /// <exception cref="InputException">A function that is not supported here.</exception>
    public static Activation Read(JsonFields fields, string field, string missing) => (fields.Text(field) ?? missing) switch
    {
        "gelu" or "gelu_python" => Activation.Gelu,
        "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" or "gelu_python_tanh" => Activation.GeluTanh,
        var other => throw new InputException(
            fields.Where, $"{field} is '{other}'", "gelu, gelu_new, gelu_fast or gelu_pytorch_tanh", "this policy computes something that is not supported here"),
    };
}
