using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Scoring;

/// <summary>A <see cref="TokenBatch"/> on a device. Owns its tensors.</summary>
public sealed class BatchTensors : IDisposable
{
    public BatchTensors(TokenBatch batch, Device device)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Responses = batch.Responses.Count;
        Ids = Matrix(batch.Ids).DetachFromDisposeScope();
        Positions = Matrix(batch.Positions).DetachFromDisposeScope();
        Sources = tensor(batch.Sources.ToArray(), int64, device).DetachFromDisposeScope();
        Labels = tensor(batch.Labels.ToArray(), int64, device).DetachFromDisposeScope();
        Owners = tensor(batch.Owners.ToArray(), int64, device).DetachFromDisposeScope();
        Mask = TreeMask(Matrix(batch.Pieces), Matrix(batch.Branch)).DetachFromDisposeScope();

        Tensor Matrix(long[] values) => tensor(values, [batch.Rows, batch.Width], int64, device);
    }

    /// <summary>[rows, width] int64.</summary>
    public Tensor Ids { get; }

    /// <summary>[rows, width] int64.</summary>
    public Tensor Positions { get; }

    /// <summary>[rows, 1, width, width] fp32: 0 where a position sees another, else negative infinity.</summary>
    public Tensor Mask { get; }

    /// <summary>[response tokens] int64: flat positions of the hidden states that predict them.</summary>
    public Tensor Sources { get; }

    /// <summary>[response tokens] int64.</summary>
    public Tensor Labels { get; }

    /// <summary>[response tokens] int64: index of the response a token belongs to.</summary>
    public Tensor Owners { get; }

    public int Responses { get; }

    public void Dispose()
    {
        foreach (var tensor in new[] { Ids, Positions, Mask, Sources, Labels, Owners }) tensor.Dispose();
    }

    // A position sees what came before it in its row, of its own piece, in the prompt or in its own branch. Padding counts as one piece.
    private static Tensor TreeMask(Tensor pieces, Tensor branch)
    {
        var columns = Scalars.Range(pieces.shape[1], pieces.device);
        var before = columns.unsqueeze(0) <= columns.unsqueeze(1); // [width, width]
        var samePiece = pieces.unsqueeze(1) == pieces.unsqueeze(2); // [rows, width, width]
        var visible = branch.unsqueeze(1).eq(Scalars.Zero) | (branch.unsqueeze(1) == branch.unsqueeze(2));
        var hidden = (before & samePiece & visible).logical_not();
        return zeros(hidden.shape, float32, pieces.device).masked_fill_(hidden, Scalars.NegativeInfinity).unsqueeze(1);
    }
}
