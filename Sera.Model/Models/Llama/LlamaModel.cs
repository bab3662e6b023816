using Sera.Model.Adapters;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Models.Llama;

/// <summary>
/// The forward pass of a Llama over borrowed parameters, with or without a LoRA adapter. Holds no state of a computation: with frozen
/// parameters, many threads may use one model at once. Gradients flow to whatever is trainable, unless the caller is in no_grad.
/// </summary>
public sealed class LlamaModel : IDisposable
{
    private readonly Rotary _rotary;
    private readonly bool _ownsRotary;
    private readonly Layer[] _layers;
    private readonly Tensor _embedding;
    private readonly Tensor _head;
    private readonly Tensor _finalNorm;
    private readonly Scalar _normEps;

    /// <param name="parameters">Laid out by <see cref="LlamaLayout.Of"/>; borrowed, must outlive the model.</param>
    /// <param name="adapter">Borrowed, must outlive the model; null for the parameters alone.</param>
    public LlamaModel(LlamaConfig config, FlatParameters parameters, LoraAdapter? adapter = null)
        : this(config, parameters, adapter, new Rotary(config, parameters.Flat.device), true)
    {
    }

    private LlamaModel(LlamaConfig config, FlatParameters parameters, LoraAdapter? adapter, Rotary rotary, bool ownsRotary)
    {
        (Config, Parameters, Adapter, _rotary, _ownsRotary) = (config, parameters, adapter, rotary, ownsRotary);
        _embedding = parameters.Block(LlamaLayout.Embedding);
        _head = config.TiedEmbeddings ? _embedding : parameters.Block(LlamaLayout.Head);
        _finalNorm = parameters.Block(LlamaLayout.FinalNorm);
        _normEps = Scalars.Kept(config.NormEps);
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new Layer(
            parameters.Block(LlamaLayout.InputNorm(i)), Linear(i, "qkv"), Linear(i, "o"),
            parameters.Block(LlamaLayout.AttentionNorm(i)), Linear(i, "gate_up"), Linear(i, "down")))];

        AdaptedLinear Linear(int layer, string block) => new(parameters.Block(LlamaLayout.Block(layer, block)), adapter?.Delta(layer, block));
    }

    public LlamaConfig Config { get; }

    public FlatParameters Parameters { get; }

    public LoraAdapter? Adapter { get; }

    public Device Device => Parameters.Flat.device;

    /// <summary>The output matrix, [vocabulary, hidden]; borrowed.</summary>
    public Tensor HeadWeight => _head;

    /// <summary>The same parameters without the adapter: the reference policy, at no cost in memory. Borrows from this model.</summary>
    public LlamaModel WithoutAdapter() => Adapter is null ? this : new LlamaModel(Config, Parameters, null, _rotary, false);

    /// <summary>Everything but the output matrix.</summary>
    /// <param name="ids">[batch, time] int64, below the vocabulary size.</param>
    /// <param name="positions">[batch, time] int64, each token's place in its own sequence.</param>
    /// <returns>Hidden states after the last norm, [batch, time, hidden]; the caller owns them.</returns>
    public Tensor Body(Tensor ids, Tensor positions, IAttention attention)
    {
        using var scope = NewDisposeScope();
        var at = _rotary.At(positions);
        var x = _embedding.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], Config.HiddenSize);
        for (var i = 0; i < _layers.Length; i++) x = Block(i, x, at, attention);
        return Norm(x, _finalNorm).MoveToOuterDisposeScope();
    }

    /// <param name="hidden">[..., hidden].</param>
    /// <returns>Logits, [..., vocabulary]; the caller owns them.</returns>
    public Tensor Head(Tensor hidden) => F.linear(hidden, _head);

    public void Dispose()
    {
        if (_ownsRotary) _rotary.Dispose();
    }

    private Tensor Block(int index, Tensor x, (Tensor Cos, Tensor Sin) at, IAttention attention)
    {
        using var scope = NewDisposeScope();
        var layer = _layers[index];
        long batch = x.shape[0], time = x.shape[1];
        // Query and key heads lie side by side, so one rotation serves both.
        var qkv = layer.Qkv.Apply(Norm(x, layer.InputNorm)).view(batch, time, Config.Heads + 2 * Config.KvHeads, Config.HeadSize);
        var rotated = Rotary.Rotate(qkv.narrow(2, 0, Config.Heads + Config.KvHeads), at);
        var mixed = attention.Attend(
            index, rotated.narrow(2, 0, Config.Heads), rotated.narrow(2, Config.Heads, Config.KvHeads),
            qkv.narrow(2, Config.Heads + Config.KvHeads, Config.KvHeads));
        var attended = x + layer.Output.Apply(mixed);
        var gateUp = layer.GateUp.Apply(Norm(attended, layer.AttentionNorm));
        var gated = F.silu(gateUp.narrow(-1, 0, Config.IntermediateSize)) * gateUp.narrow(-1, Config.IntermediateSize, Config.IntermediateSize);
        return (attended + layer.Down.Apply(gated)).MoveToOuterDisposeScope();
    }

    private Tensor Norm(Tensor x, Tensor weight) => x * rsqrt((x * x).mean([-1L], true).add(_normEps)) * weight;

    private sealed record Layer(
        Tensor InputNorm, AdaptedLinear Qkv, AdaptedLinear Output, Tensor AttentionNorm, AdaptedLinear GateUp, AdaptedLinear Down);

    private sealed record AdaptedLinear(Tensor Weight, LoraDelta? Delta)
    {
        public Tensor Apply(Tensor x) => Delta is null ? F.linear(x, Weight) : F.linear(x, Weight) + Delta.Apply(x);
    }
}
