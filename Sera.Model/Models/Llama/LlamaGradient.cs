using static TorchSharp.torch;

namespace Sera.Model.Models.Llama;

/// <summary>
/// One forward pass over packed tokens that can go back: hand-written, layer by layer, so that nothing is kept that the backward pass can make
/// again cheaply, and nothing is computed for parameters that are frozen. Owns what it keeps.
/// </summary>
internal sealed class LlamaGradient : IDisposable
{
    private readonly LlamaModel _model;
    private readonly bool _recompute;
    private readonly SegmentAttention _attention;
    private readonly Tensor _ids;
    private readonly Tensor _positions;
    private readonly RotaryAngles _at;
    private readonly List<Tensor> _streams = []; // before each layer, and after the last: [tokens, hidden] fp32
    private readonly List<LayerTape?> _tapes = [];
    private readonly Tensor _finalScale;

    /// <param name="model">Borrowed.</param>
    /// <param name="recompute">Keep only the residual stream of each layer and compute the rest again on the way back.</param>
    public LlamaGradient(LlamaModel model, PackedTensors tokens, bool recompute)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        (_model, _recompute, _ids, _positions) = (model, recompute, tokens.Ids, tokens.Positions);
        _attention = new SegmentAttention(model.Config, model.Compute, tokens.Segments);
        _at = model.Angles(tokens.Positions).Kept();
        _streams.Add(model.Embed(tokens.Ids, tokens.Positions).DetachFromDisposeScope());
        foreach (var layer in model.Layers)
        {
            var (x, tape) = layer.Record(_streams[^1], _at, _attention);
            _streams.Add(x);
            if (recompute) tape.Dispose();
            _tapes.Add(recompute ? null : tape);
        }
        (Hidden, _finalScale) = model.Compute.AddNorm(_streams[^1], null, model.FinalNorm, (float)model.Config.NormEps);
        Hidden.DetachFromDisposeScope();
        _finalScale.DetachFromDisposeScope();
    }

    /// <summary>[tokens, hidden]: hidden states after the last norm.</summary>
    public Tensor Hidden { get; }

    /// <summary>Adds the gradients of everything that is trained below the output matrix. Once.</summary>
    /// <param name="dHidden">[tokens, hidden] in compute type.</param>
    public void Backward(Tensor dHidden)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var dx = zeros(_streams[0].shape, float32, dHidden.device);
        _model.Compute.NormBackward(_streams[^1], _finalScale, _model.FinalNorm, dHidden, dx);
        var back = _at.Back();
        for (var i = _model.Layers.Length - 1; i >= 0; i--)
        {
            _streams[i + 1].Dispose();
            using var tape = _recompute ? Again(i) : _tapes[i]!;
            // Under the first layer there is the embedding, which only full fine-tuning trains, as it does the norms.
            _model.Layers[i].Backward(_streams[i], tape, dx, back, _attention, asked: i > 0 || _model.EmbeddingGradient is not null);
        }
        _model.EmbeddingGradient?.index_add_(0, _ids, dx, Scalars.Kept(_model.EmbeddingScale));
        _model.PositionGradient?.index_add_(0, _positions, dx, Scalars.One);
    }

    public void Dispose()
    {
        foreach (var tensor in _streams.Concat([Hidden, _finalScale])) tensor.Dispose();
        _at.Dispose();
        foreach (var tape in _tapes) tape?.Dispose();
    }

    private LayerTape Again(int index)
    {
        var (x, tape) = _model.Layers[index].Record(_streams[index], _at, _attention);
        x.Dispose();
        return tape;
    }
}
