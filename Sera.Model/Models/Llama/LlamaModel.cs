using System.Collections.Immutable;
using Sera.Model.Adapters;
using Sera.Model.Kernels;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Models.Llama;

/// <summary>
/// A Llama, or a policy of a family that a config makes of it, over borrowed parameters, with or without a LoRA adapter. Holds no state of a computation: with frozen parameters, many threads
/// may use one model at once. Nothing here uses autograd; <see cref="LlamaGradient"/> is the backward pass.
/// </summary>
public sealed class LlamaModel : IDisposable
{
    private readonly Rotary _rotary;
    private readonly bool _ownsRotary;
    private readonly Tensor _embedding;
    private readonly Tensor? _positions;
    private readonly Tensor _head;

    /// <param name="parameters">Laid out by <see cref="LlamaLayout.Of"/>; borrowed, must outlive the model.</param>
    /// <param name="adapter">Of the same type as the parameters. Borrowed, must outlive the model; null for the parameters alone.</param>
    public LlamaModel(LlamaConfig config, FlatParameters parameters, LoraAdapter? adapter = null)
        : this(config, parameters, adapter, new Rotary(config, parameters.Flat.device), true, KernelSet.For(parameters.Flat.device))
    {
    }

    internal LlamaModel(LlamaConfig config, FlatParameters parameters, LoraAdapter? adapter, IKernels kernels)
        : this(config, parameters, adapter, new Rotary(config, parameters.Flat.device), true, kernels)
    {
    }

    private LlamaModel(LlamaConfig config, FlatParameters parameters, LoraAdapter? adapter, Rotary rotary, bool ownsRotary, IKernels kernels)
    {
        (Config, Parameters, Adapter, _rotary, _ownsRotary, Compute) = (config, parameters, adapter, rotary, ownsRotary, kernels);
        if (adapter is not null && adapter.Parameters.Compute.dtype != parameters.Compute.dtype)
            throw new ArgumentException($"the adapter is {adapter.Parameters.Compute.dtype}, the parameters are {parameters.Compute.dtype}", nameof(adapter));
        _embedding = parameters.Block(LlamaLayout.Embedding);
        _positions = config.LearnedPositions ? parameters.Block(LlamaLayout.Positions) : null;
        // As published policies have it where they are computed in bf16: rounded to that, as their parameters are.
        using (NewDisposeScope()) EmbeddingScale = tensor((float)config.EmbeddingScale).to(DataType).to(float32).item<float>();
        _head = config.TiedEmbeddings ? _embedding : parameters.Block(LlamaLayout.Head);
        FinalNorm = Norm(LlamaLayout.FinalNorm);
        Layers = [.. Enumerable.Range(0, config.Layers).Select(i => new LlamaLayer(
            i, config, kernels, Norm(LlamaLayout.InputNorm(i)), Linear(i, "qkv"), Linear(i, "o"), Norm(LlamaLayout.AttentionNorm(i)), Linear(i, "gate_up"), Linear(i, "down"),
            config.QkNorm ? new HeadNorms(config, kernels, OfHead(LlamaLayout.QueryNorm(i)), OfHead(LlamaLayout.KeyNorm(i))) : null,
            OfOutput(LlamaLayout.AttentionOutputNorm(i)), OfOutput(LlamaLayout.FeedForwardOutputNorm(i))))];

        NormWeight Norm(string name) => config.LayerNorm
            ? new NormWeight(parameters.Block(name), parameters.GradientOf(name), parameters.Block(LlamaLayout.NormBias(name)), parameters.GradientOf(LlamaLayout.NormBias(name)))
            : OfHead(name);

        NormWeight OfHead(string name) => new(parameters.Block(name), parameters.GradientOf(name), Shift: config.NormsAddOne ? 1 : 0);

        OutputNorm? OfOutput(string name) => config.PostNorms ? new OutputNorm(config, kernels, Norm(name)) : null;

        AdaptedLinear Linear(int layer, string block)
        {
            var name = LlamaLayout.Block(layer, block);
            return LlamaLayout.BiasBlock(config, layer, block) is { } bias
                ? new AdaptedLinear(parameters.Block(name), parameters.GradientOf(name), adapter?.Delta(layer, block), parameters.Block(bias), parameters.GradientOf(bias))
                : new AdaptedLinear(parameters.Block(name), parameters.GradientOf(name), adapter?.Delta(layer, block));
        }
    }

    public LlamaConfig Config { get; }

    public FlatParameters Parameters { get; }

    public LoraAdapter? Adapter { get; }

    public Device Device => Parameters.Flat.device;

    /// <summary>Type of parameters and activations, fp32 or bf16.</summary>
    public ScalarType DataType => Parameters.Compute.dtype;

    /// <summary>The output matrix, [vocabulary, hidden]; borrowed.</summary>
    public Tensor HeadWeight => _head;

    internal OutputMatrix Output => new(_head, (float)Config.LogitCap);

    /// <summary>What embeddings are multiplied by.</summary>
    internal float EmbeddingScale { get; }

    /// <summary>[vocabulary, hidden]; borrowed.</summary>
    internal Tensor EmbeddingWeight => _embedding;

    /// <summary>[context, hidden]; null where positions have no vectors. Borrowed.</summary>
    internal Tensor? PositionWeight => _positions;

    /// <summary>Of the output matrix, fp32; null when it is frozen. Borrowed.</summary>
    internal Tensor? HeadGradient => Parameters.GradientOf(Config.TiedEmbeddings ? LlamaLayout.Embedding : LlamaLayout.Head);

    internal Tensor? EmbeddingGradient => Parameters.GradientOf(LlamaLayout.Embedding);

    internal Tensor? PositionGradient => Config.LearnedPositions ? Parameters.GradientOf(LlamaLayout.Positions) : null;

    internal IKernels Compute { get; }

    internal ImmutableArray<LlamaLayer> Layers { get; }

    internal NormWeight FinalNorm { get; }

    /// <summary>The same parameters without the adapter: the reference policy, at no cost in memory. Borrows from this model.</summary>
    public LlamaModel WithoutAdapter() => Adapter is null ? this : new LlamaModel(Config, Parameters, null, _rotary, false, Compute);

    /// <summary>Everything but the output matrix.</summary>
    /// <param name="ids">[tokens] int64, below the vocabulary size.</param>
    /// <param name="positions">[tokens] int64, each token's place in its own sequence.</param>
    /// <returns>Hidden states after the last norm, [tokens, hidden]; the caller owns them.</returns>
    public Tensor Body(Tensor ids, Tensor positions, IAttention attention)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var at = Angles(positions);
        var x = Embed(ids, positions);
        Tensor? delta = null;
        foreach (var layer in Layers)
        {
            var next = layer.Forward(x, delta, at, attention);
            delta?.Dispose();
            delta = next;
        }
        return Compute.AddNorm(x, delta, FinalNorm, (float)Config.NormEps).Y.MoveToOuterDisposeScope();
    }

    /// <param name="hidden">[..., hidden].</param>
    /// <returns>Logits, [..., vocabulary], in fp32 where they are capped; the caller owns them.</returns>
    public Tensor Head(Tensor hidden)
    {
        var logits = F.linear(hidden, _head);
        if (Config.LogitCap == 0) return logits;
        // Below the cap the curve is flat: rounded after it, different logits would be one.
        using (logits)
        {
            var wide = logits.to(float32, copy: true);
            Compute.Cap(wide, 1, (float)Config.LogitCap);
            return wide;
        }
    }

    /// <returns>Of the positions; owned by the current scope.</returns>
    internal RotaryAngles Angles(Tensor positions) => _rotary.At(positions);

    /// <returns>[tokens, hidden] fp32: the residual stream before the first layer; owned by the current scope.</returns>
    internal Tensor Embed(Tensor ids, Tensor positions)
    {
        var x = _embedding.index_select(0, ids).to(float32);
        if (EmbeddingScale != 1) x = x.mul_(Scalars.Kept(EmbeddingScale));
        return _positions is null ? x : x.add_(_positions.index_select(0, positions));
    }

    public void Dispose()
    {
        if (_ownsRotary) _rotary.Dispose();
    }
}
