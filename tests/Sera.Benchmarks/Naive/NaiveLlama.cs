using System.Collections.Immutable;
using Sera.Model.Kernels;
using Sera.Model.Models.Llama;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Benchmarks.Naive;

/// <summary>
/// A Llama the plain way, which everything fast is compared with, for speed and for numbers: padded rows, every matrix by its name, logits at
/// every position, gradients by autograd. Shares no code with the model but the layout's names and the rotary frequencies.
/// </summary>
/// <param name="weights">A parameter by the name of the checkpoint file, with or without gradient.</param>
internal sealed class NaiveLlama(LlamaConfig config, Func<string, Tensor> weights)
{
    public NaiveLlama(LlamaModel model)
        : this(model.Config, name => model.Parameters[name])
    {
    }

    /// <param name="ids">[rows, time] int64, padded at the right with anything.</param>
    /// <returns>[rows, time, vocabulary].</returns>
    public Tensor Logits(Tensor ids)
    {
        long rows = ids.shape[0], length = ids.shape[1];
        var embedding = weights(LlamaLayout.Embedding);
        var turned = config.RotarySize;
        var (all, sliding) = (Angles(false), Angles(true));
        var future = full([length, length], float.NegativeInfinity).triu(1).to(embedding.dtype);
        var outside = config.Window is { } window ? future + full([length, length], float.NegativeInfinity).tril(-window).to(embedding.dtype) : future;
        var x = embedding[ids] * config.EmbeddingScale;
        if (config.LearnedPositions) x = x + weights(LlamaLayout.Positions).narrow(0, 0, length);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var h = Norm(x, LlamaLayout.InputNorm(layer), config.LayerNorm);
            var q = Heads(Linear(h, layer, "q_proj"), config.Heads);
            var k = Heads(Linear(h, layer, "k_proj"), config.KvHeads);
            if (config.QkNorm) (q, k) = (Norm(q, LlamaLayout.QueryNorm(layer)), Norm(k, LlamaLayout.KeyNorm(layer)));
            var angles = config.Slides(layer) ? sliding : all;
            if (turned > 0 && !config.UnturnedLayers.Contains(layer)) (q, k) = (Turn(q, angles), Turn(k, angles));
            var v = Heads(Linear(h, layer, "v_proj"), config.KvHeads);
            if (config.KvHeads < config.Heads) (k, v) = (k.repeat_interleave(config.Heads / config.KvHeads, 1), v.repeat_interleave(config.Heads / config.KvHeads, 1));
            var scores = Capped(q.matmul(k.transpose(2, 3)) * config.AttentionScale, config.AttentionCap) + (config.Slides(layer) ? outside : future);
            var mixed = scores.to(float32).softmax(-1).to(v.dtype).matmul(v);
            var attended = x + Output(Linear(mixed.transpose(1, 2).reshape(rows, length, config.QuerySize), layer, "o_proj"), layer, TensorNames.AttentionOutputNorm);
            h = Norm(config.ParallelResidual ? x : attended, NameOf(LlamaLayout.AttentionNorm(layer)), config.LayerNorm);
            var up = Linear(h, layer, "up_proj");
            var inner = config.Activation switch
            {
                Activation.GatedSilu => F.silu(Linear(h, layer, "gate_proj")) * up,
                Activation.Gelu => F.gelu(up),
                Activation.GatedGeluTanh => GeluTanh(Linear(h, layer, "gate_proj")) * up,
                _ => GeluTanh(up),
            };
            x = attended + Output(Linear(inner, layer, "down_proj"), layer, TensorNames.FeedForwardOutputNorm);
        }
        return Capped(F.linear(Norm(x, LlamaLayout.FinalNorm, config.LayerNorm), config.TiedEmbeddings ? embedding : weights(LlamaLayout.Head)), config.LogitCap);

        Tensor Heads(Tensor t, int heads) => t.view(rows, length, heads, config.HeadSize).transpose(1, 2);

        (Tensor Cos, Tensor Sin) Angles(bool slides)
        {
            var angles = outer(arange(length, float32), tensor(Rotary.Frequencies(config, slides).Select(f => (float)f).ToArray()));
            var longer = slides && config.SlidingRopeTheta is not null ? 1 : config.RopeScaling?.Magnitude ?? 1;
            return ((cat([angles.cos(), angles.cos()], 1) * longer).to(embedding.dtype), (cat([angles.sin(), angles.sin()], 1) * longer).to(embedding.dtype));
        }

        Tensor Turn(Tensor heads, (Tensor Cos, Tensor Sin) angles)
        {
            var first = heads.narrow(3, 0, turned);
            var halves = first.chunk(2, -1);
            return cat([first * angles.Cos + cat([-halves[1], halves[0]], -1) * angles.Sin, heads.narrow(3, turned, config.HeadSize - turned)], -1);
        }
    }

    /// <summary>Summed log-probabilities of responses, one row each, the log-softmax row by row.</summary>
    /// <returns>[rows] fp32.</returns>
    public Tensor Logps(IReadOnlyList<(ImmutableArray<int> Prompt, ImmutableArray<int> Response)> sequences)
    {
        var width = sequences.Max(s => s.Prompt.Length + s.Response.Length);
        var ids = new long[sequences.Count * width];
        for (var row = 0; row < sequences.Count; row++)
            for (var t = 0; t < sequences[row].Prompt.Length + sequences[row].Response.Length; t++)
                ids[row * width + t] = t < sequences[row].Prompt.Length ? sequences[row].Prompt[t] : sequences[row].Response[t - sequences[row].Prompt.Length];
        var logits = Logits(tensor(ids, [sequences.Count, width]));
        var sums = sequences.Select((s, row) =>
        {
            var logps = logits[row].to(float32).log_softmax(-1).narrow(0, s.Prompt.Length - 1, s.Response.Length);
            return logps.gather(1, tensor(s.Response.Select(i => (long)i).ToArray(), [s.Response.Length, 1])).sum();
        });
        return stack(sums);
    }

    /// <summary>The same of one sequence, as a number and without a gradient.</summary>
    public float LogpOf(ImmutableArray<int> prompt, ImmutableArray<int> response)
    {
        if (response.IsEmpty) return 0;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return Logps([(prompt, response)]).item<float>();
    }

    private static Tensor GeluTanh(Tensor x) => 0.5 * x * (1 + (Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x.pow(3))).tanh());

    private static Tensor Capped(Tensor x, double cap) => cap > 0 ? (x / cap).tanh() * cap : x;

    /// <summary>What a block gives, as it is added.</summary>
    private Tensor Output(Tensor x, int layer, string norm) => config.PostNorms ? Norm(x, $"{LlamaLayout.Module(config, layer, norm)}.weight") : x;

    /// <summary>Of the norm before the feed-forward block.</summary>
    private string NameOf(string llamas) => llamas.Replace("post_attention_layernorm", TensorNames.Of(config).AttentionNorm, StringComparison.Ordinal);

    private Tensor Linear(Tensor x, int layer, string projection)
    {
        var module = LlamaLayout.Module(config, layer, $"{(projection is "gate_proj" or "up_proj" or "down_proj" ? "mlp" : "self_attn")}.{projection}");
        var adds = projection is "q_proj" or "k_proj" or "v_proj" ? config.QkvBias : projection == "o_proj" ? config.OutputBias : config.MlpBias;
        return F.linear(x, weights($"{module}.weight"), adds ? weights($"{module}.bias") : null);
    }

    private Tensor Norm(Tensor x, string name, bool centred = false)
    {
        var (wide, weight) = (x.to(float32), weights(name));
        if (centred) return F.layer_norm(wide, [x.shape[^1]], weight, weights(LlamaLayout.NormBias(name)), config.NormEps).to(x.dtype);
        return (wide * rsqrt(wide.pow(2).mean([-1L], true) + config.NormEps)).to(x.dtype) * (config.NormsAddOne ? 1 + weight : weight);
    }
}
