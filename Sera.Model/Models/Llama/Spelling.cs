namespace Sera.Model.Models.Llama;

/// <summary>Whose names and forms the tensors of a checkpoint have.</summary>
public enum Spelling
{
    Llama,
    GptNeoX,
    Gpt2,
}
