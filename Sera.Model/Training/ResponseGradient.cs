using Sera.Model.Engine;
using Sera.Model.Kernels;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>
/// Adds the gradient of a loss that sees responses by their summed log-probabilities alone, each example's by its own. Then the output matrix
/// and its gradient need the logits of one chunk of examples at a time only: the loss of an example is known when its logits are.
/// </summary>
internal static class ResponseGradient
{
    /// <param name="examples">Groups whose responses enter one loss together.</param>
    /// <param name="derivative">
    /// For some consecutive examples, by the index of the first and the logps of the responses of each: the derivatives of the step's loss by
    /// them; null for an example that is not finite.
    /// </param>
    /// <returns>
    /// Summed logps of each example's responses. When one of them is not finite, what was added is of no use, and the caller starts the step again
    /// without it: its infinities would spread through the shared products.
    /// </returns>
    public static (float[][] Logps, bool Finite) Add(
        LlamaModel model, IReadOnlyList<TokenGroup> examples, bool recompute, Func<int, float[][], float[]?[]> derivative) =>
        Add(model, examples, recompute, false, (first, logps, _) => derivative(first, logps), null);

    /// <inheritdoc cref="Add(LlamaModel, IReadOnlyList{TokenGroup}, bool, Func{int, float[][], float[][]})"/>
    /// <param name="confident">Whether the derivative reads the confidence of each response (<see cref="TokenConfidence"/>), shaped as the logps; it gets none otherwise.</param>
    /// <param name="weights">How much each token counts in the sum of its response; null = all alike. Constants to the gradient.</param>
    public static (float[][] Logps, bool Finite) Add(
        LlamaModel model, IReadOnlyList<TokenGroup> examples, bool recompute, bool confident, Func<int, float[][], float[][], float[]?[]> derivative,
        TokenWeights? weights)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var batch = new TokenBatch(examples);
        using var tokens = PackedTensors.Of(batch, model);
        using var pass = new LlamaGradient(model, tokens, recompute);
        var sources = DeviceTensors.Of([.. batch.Sources], model.Device);
        var head = new Head(model, batch, pass.Hidden.index_select(0, sources), confident, derivative, weights);
        var finite = head.Run(examples);
        if (!finite) return (head.Logps, false);
        var dHidden = zeros_like(pass.Hidden);
        dHidden.index_add_(0, sources, head.DStates, Scalars.One);
        pass.Backward(dHidden);
        return (head.Logps, true);
    }

    /// <summary>Writes how much each token of a response counts.</summary>
    /// <param name="logps">Of its tokens.</param>
    public delegate void TokenWeights(int example, int response, ReadOnlySpan<float> logps, Span<float> weights);

    /// <summary>The output matrix over the states that predict response tokens, forward and backward.</summary>
    private sealed class Head(
        LlamaModel model, TokenBatch batch, Tensor states, bool confident, Func<int, float[][], float[][], float[]?[]> derivative, TokenWeights? weights)
    {
        private readonly Tensor _labels = DeviceTensors.Of([.. batch.Labels], model.Device);
        private readonly long _chunk = Math.Max(64, TorchKernels.LogitElements / model.Config.VocabularySize);

        public float[][] Logps { get; private set; } = [];

        /// <summary>[response tokens, hidden].</summary>
        public Tensor DStates { get; } = empty_like(states);

        public bool Run(IReadOnlyList<TokenGroup> examples)
        {
            Logps = new float[examples.Count][];
            var finite = true;
            var (example, response, row) = (0, 0, 0L);
            while (example < examples.Count)
            {
                // As many whole examples as a chunk holds, at least one.
                var (first, firstResponse, firstRow) = (example, response, row);
                do
                {
                    row += examples[example].Responses.Sum(r => (long)r.Length);
                    response += examples[example].Responses.Length;
                    example++;
                }
                while (example < examples.Count && row + examples[example].Responses.Sum(r => (long)r.Length) - firstRow <= _chunk);
                finite &= Chunk(first, example, firstResponse, firstRow, row - firstRow, examples);
            }
            return finite;
        }

        private bool Chunk(int first, int end, int response, long row, long rows, IReadOnlyList<TokenGroup> examples)
        {
            if (rows == 0) return true;
            using var scope = NewDisposeScope();
            // The logits of an example that is longer than a chunk are made twice, a part at a time, rather than held whole.
            var whole = rows <= _chunk;
            var logits = whole ? Logits(row, rows) : null;
            var (logps, logSums) = logits is null
                ? model.Compute.LabelLogps(states.narrow(0, row, rows), model.Output, _labels.narrow(0, row, rows))
                : model.Compute.LabelLogps(logits, _labels.narrow(0, row, rows));
            var byToken = logps.cpu().data<float>().ToArray();
            var lengths = Enumerable.Range(response, examples.Skip(first).Take(end - first).Sum(e => e.Responses.Length)).Select(i => batch.Lengths[i]).ToArray();
            var counts = weights is null ? null : Weights(first, end, examples, byToken);
            if (counts is not null) Multiply(byToken, counts);
            var sums = SequenceLogps.Sum(byToken, lengths);
            var dTokens = new float[rows];
            var at = 0;
            for (var e = first; e < end; e++)
            {
                Logps[e] = sums[at..(at + examples[e].Responses.Length)];
                at += Logps[e].Length;
            }
            var confidences = confident ? Confidences(row, rows, logits, logps, logSums, lengths, Logps[first..end]) : [];
            var derivatives = derivative(first, Logps[first..end], confidences);
            if (derivatives.Any(d => d is null)) return false;
            var token = 0;
            foreach (var (d, length) in derivatives.SelectMany(d => d!).Zip(lengths))
            {
                dTokens.AsSpan(token, length).Fill(d);
                token += length;
            }
            if (counts is not null) Multiply(dTokens, counts);
            var dLogps = DeviceTensors.OfFloats(dTokens, model.Device);
            if (logits is not null) Back(row, rows, logits, logSums, dLogps);
            else BackParts(row, rows, logSums, dLogps);
            return true;
        }

        private static void Multiply(float[] by, float[] counts)
        {
            for (var i = 0; i < by.Length; i++) by[i] *= counts[i];
        }

        /// <summary>One a token of the chunk.</summary>
        private float[] Weights(int first, int end, IReadOnlyList<TokenGroup> examples, float[] byToken)
        {
            var counts = new float[byToken.Length];
            var at = 0;
            for (var e = first; e < end; e++)
            {
                for (var r = 0; r < examples[e].Responses.Length; r++)
                {
                    var length = examples[e].Responses[r].Length;
                    weights!(e, r, byToken.AsSpan(at, length), counts.AsSpan(at, length));
                    at += length;
                }
            }
            return counts;
        }

        /// <summary>Of each response of the chunk, shaped as its logps.</summary>
        private float[][] Confidences(long row, long rows, Tensor? logits, Tensor logps, Tensor logSums, int[] lengths, float[][] shape)
        {
            using var scope = NewDisposeScope();
            var part = logits is null ? _chunk : rows;
            var byToken = new List<float>((int)rows);
            for (var at = 0L; at < rows; at += part)
            {
                var count = Math.Min(part, rows - at);
                byToken.AddRange(TokenConfidence.Of(logits ?? Logits(row + at, count), logps.narrow(0, at, count), logSums.narrow(0, at, count)));
            }
            var means = SequenceLogps.Sum([.. byToken], lengths).Zip(lengths, (sum, length) => sum / length).ToArray();
            var next = 0;
            return [.. shape.Select(responses => means[next..(next += responses.Length)])];
        }

        private Tensor Logits(long row, long rows) => model.Compute.Logits(states.narrow(0, row, rows), model.Output);

        private void BackParts(long row, long rows, Tensor logSums, Tensor dLogps)
        {
            for (var at = 0L; at < rows; at += _chunk)
            {
                using var scope = NewDisposeScope();
                var count = Math.Min(_chunk, rows - at);
                Back(row + at, count, Logits(row + at, count), logSums.narrow(0, at, count), dLogps.narrow(0, at, count));
            }
        }

        private void Back(long row, long rows, Tensor logits, Tensor logSums, Tensor dLogps)
        {
            using var scope = NewDisposeScope();
            var dLogits = model.Compute.LabelBackward(logits, _labels.narrow(0, row, rows), logSums, dLogps, model.DataType, model.Output.Cap);
            DStates.narrow(0, row, rows).copy_(dLogits.matmul(model.HeadWeight));
            if (model.HeadGradient is { } gradient) Gradients.AddProduct(gradient, dLogits, states.narrow(0, row, rows));
        }
    }
}
