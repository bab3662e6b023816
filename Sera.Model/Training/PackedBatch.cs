using Sera.Model.Models.Llama;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Sera.Model.Training;

/// <summary>
/// One micro-batch as the policy reads it: trees packed into rows, a mask in which a response sees its prompt and itself, and the
/// positions that predict response tokens, the only ones whose logits are computed. Owns its tensors.
/// </summary>
internal sealed class PackedBatch : IDisposable
{
    private readonly Tensor _ids;       // [rows, width] int64
    private readonly Tensor _positions; // [rows, width] int64
    private readonly Tensor _mask;      // [rows, 1, width, width] fp32
    private readonly Tensor _predicts;  // [response tokens] int64: cell whose hidden state predicts the token
    private readonly Tensor _labels;    // [response tokens] int64
    private readonly Tensor _sequence;  // [response tokens] int64: which response it belongs to
    private readonly int _sequences;

    public PackedBatch(IReadOnlyList<TokenTree> trees, LlamaConfig config, Device device)
    {
        var layout = PackedLayout.Of([.. trees.Select(t => t.Length)], config);
        int width = layout.Width, cells = layout.Rows * width;
        var ids = new long[cells];
        var positions = new long[cells];
        var mask = new float[(long)cells * width];
        mask.AsSpan().Fill(float.NegativeInfinity);
        for (var cell = 0; cell < cells; cell++) mask[(long)cell * width + cell % width] = 0; // so that no row of the softmax is empty
        var predicts = new List<long>();
        var labels = new List<long>();
        var sequence = new List<long>();
        for (var t = 0; t < trees.Count; t++)
        {
            var (row, column) = layout.Places[t];
            var prompt = trees[t].Prompt;
            for (var i = 0; i < prompt.Length; i++) Put(row, column + i, prompt[i], i, column, i + 1);
            var start = column + prompt.Length;
            foreach (var response in trees[t].Responses)
            {
                for (var i = 0; i < response.Length; i++)
                {
                    Put(row, start + i, response[i], prompt.Length + i, column, prompt.Length);
                    mask.AsSpan((row * width + start + i) * width + start, i + 1).Clear();
                    predicts.Add(row * width + (i == 0 ? column + prompt.Length : start + i) - 1);
                    labels.Add(response[i]);
                    sequence.Add(_sequences);
                }
                start += response.Length;
                _sequences++;
            }
            Tokens += trees[t].Length;
        }
        long[] shape = [layout.Rows, width];
        _ids = tensor(ids, shape, int64, device).DetachFromDisposeScope();
        _positions = tensor(positions, shape, int64, device).DetachFromDisposeScope();
        _mask = tensor(mask, [layout.Rows, 1, width, width], float32, device).DetachFromDisposeScope();
        _predicts = tensor(predicts.ToArray(), int64, device).DetachFromDisposeScope();
        _labels = tensor(labels.ToArray(), int64, device).DetachFromDisposeScope();
        _sequence = tensor(sequence.ToArray(), int64, device).DetachFromDisposeScope();

        void Put(int row, int at, int id, int position, int sees, int count)
        {
            ids[row * width + at] = id;
            positions[row * width + at] = position;
            mask.AsSpan((row * width + at) * width + sees, count).Clear();
        }
    }

    /// <summary>Tokens of the trees; padding not counted.</summary>
    public long Tokens { get; }

    /// <summary>Summed log-probability of each response, [responses] fp32, with gradients to whatever of the model is trainable.</summary>
    /// <returns>Owned by the current scope.</returns>
    public Tensor Logps(LlamaModel model)
    {
        var hidden = model.Body(_ids, _positions, new MaskedAttention(_mask));
        var logits = model.Head(hidden.view(-1, hidden.shape[2]).index_select(0, _predicts));
        var tokens = -F.cross_entropy(logits, _labels, reduction: TorchSharp.torch.nn.Reduction.None);
        return zeros(_sequences, float32, logits.device).index_add(0, _sequence, tokens, 1);
    }

    public void Dispose()
    {
        foreach (var owned in new[] { _ids, _positions, _mask, _predicts, _labels, _sequence }) owned.Dispose();
    }
}
