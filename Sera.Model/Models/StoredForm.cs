using System.Collections.Immutable;
using static TorchSharp.torch;

namespace Sera.Model.Models;

/// <summary>How checkpoint files hold a matrix or vector that lies otherwise in the buffer of parameters, where every family computes alike.</summary>
public sealed record StoredForm
{
    private readonly int _groups;

    private StoredForm(int groups) => _groups = groups;

    /// <summary>A matrix as [inputs, outputs] (the Conv1D of GPT-2).</summary>
    public static StoredForm Transposed { get; } = new(0);

    /// <summary>Rows in the order [heads, query key value, head size] (GPT-NeoX); in the buffer [query key value, heads, head size].</summary>
    public static StoredForm ByHead(int heads) => new(heads);

    /// <param name="shape">Of the parameter in the buffer.</param>
    public ImmutableArray<long> ShapeInFile(ImmutableArray<long> shape) => _groups == 0 ? [shape[1], shape[0]] : shape;

    /// <param name="stored">As a file has it.</param>
    /// <returns>The same numbers as the buffer has them; maybe a view of what was given. The current scope owns it.</returns>
    public Tensor FromFile(Tensor stored) => _groups == 0 ? stored.t() : Swap(stored, _groups, 3);

    /// <inheritdoc cref="FromFile"/>
    /// <param name="parameter">As the buffer has it.</param>
    /// <returns>The same numbers as a file has them.</returns>
    public Tensor ToFile(Tensor parameter) => _groups == 0 ? parameter.t() : Swap(parameter, 3, _groups);

    private static Tensor Swap(Tensor rows, long first, long second)
    {
        long[] rest = rows.shape[1..];
        return rows.reshape([first, second, -1, .. rest]).transpose(0, 1).reshape(rows.shape);
    }
}
