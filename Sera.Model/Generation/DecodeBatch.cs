using System.Collections.Immutable;
using Sera.Model.Alignment;
using Sera.Model.Engine;

namespace Sera.Model.Generation;

/// <summary>
/// The sequences of a request that are being decoded, as many as its batch holds. A sequence that ended leaves at once, and the next prompt takes its place;
/// nobody waits for the longest. Who is decoded with whom depends on the request and what was drawn before. Owns the decoder.
/// </summary>
/// <param name="queue">What is to be decoded, in order.</param>
/// <param name="drawable">Ids below this may be drawn.</param>
/// <param name="strings">Makes what watches a response for the strings that end it; null where there are none.</param>
/// <param name="ended">Told of every sequence that ended.</param>
internal sealed class DecodeBatch(
    IDecoder decoder, GenerationRequest request, ImmutableArray<DecodeRows> queue, int drawable, IReadOnlySet<int> stops, Func<StopStrings?> strings, Action<DecodeBatch.Sequence> ended) : IDisposable
{
    /// <summary>Prompt tokens computed at once, unless one prompt has more: bounds the memory, and the time between two tokens of the others.</summary>
    private const int PromptTokens = 4096;

    private readonly Sampler[] _samplers = [.. Enumerable.Range(0, decoder.Threads).Select(_ => new Sampler(request.Sampling, drawable))];
    private List<Sequence> _rows = [];
    private int _next;

    public bool IsEmpty => _rows.Count == 0;

    /// <summary>Whether a prompt waits for which there is room.</summary>
    public bool HasRoom => _next < queue.Length && _rows.Count + queue[_next].Samples <= request.Batch;

    /// <summary>Whether a quarter of the batch can be filled: prompts are computed faster together, but a batch that stays half empty decodes for few.</summary>
    public bool IsSparse => HasRoom && _rows.Count * 4 <= request.Batch * 3;

    /// <summary>Computes the next prompts and draws the first token of their responses.</summary>
    /// <returns>Tokens computed or drawn.</returns>
    public long Admit()
    {
        var first = _rows.Count;
        var admitted = new List<DecodeRows>();
        var tokens = 0L;
        while (HasRoom && (admitted.Count == 0 || tokens + Prompt(queue[_next]).Tokens.Length <= PromptTokens))
        {
            var rows = queue[_next++];
            admitted.Add(rows);
            tokens += Prompt(rows).Tokens.Length;
            for (var k = rows.FirstSample; k < rows.FirstSample + rows.Samples; k++)
                _rows.Add(new Sequence(rows, k, new SeededRandom(SeedTree.ForSample(request.Seed, Prompt(rows).Id, k)), strings()));
        }
        decoder.Admit([.. admitted.Select(rows => (Prompt(rows).Tokens, rows.Samples))], Draw);
        tokens += _rows.Count - first;
        Retire();
        return tokens;
    }

    /// <summary>One more token for every sequence.</summary>
    /// <returns>Tokens drawn.</returns>
    public int Step()
    {
        var drawn = _rows.Count;
        var tokens = new int[drawn];
        for (var row = 0; row < drawn; row++) tokens[row] = _rows[row].Tokens[^1];
        decoder.Decode(tokens, Draw);
        Retire();
        return drawn;
    }

    public void Dispose() => decoder.Dispose();

    private TokenPrompt Prompt(DecodeRows rows) => request.Prompts[rows.Prompt];

    private void Draw(int row, int thread, ReadOnlySpan<float> logits) => _rows[row].Add(_samplers[thread], logits[..drawable], stops);

    private void Retire()
    {
        var living = new List<Sequence>(_rows.Count);
        var kept = new List<int>(_rows.Count);
        for (var row = 0; row < _rows.Count; row++)
        {
            if (_rows[row].Ended)
            {
                ended(_rows[row]);
                continue;
            }
            living.Add(_rows[row]);
            kept.Add(row);
        }
        if (living.Count == _rows.Count) return;
        decoder.Keep(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(kept));
        _rows = living;
    }

    /// <summary>One response being drawn.</summary>
    internal sealed class Sequence(DecodeRows rows, int sample, SeededRandom random, StopStrings? strings)
    {
        private SeededRandom _random = random;

        public DecodeRows Rows { get; } = rows;

        public int Sample { get; } = sample;

        public List<int> Tokens { get; } = [];

        public bool Truncated { get; private set; }

        public bool Ended { get; private set; }

        public void Add(Sampler sampler, ReadOnlySpan<float> logits, IReadOnlySet<int> stops)
        {
            Tokens.Add(sampler.Draw(logits, _random.NextDouble()));
            if (stops.Contains(Tokens[^1]) || strings?.Ends(Tokens[^1]) == true) Ended = true;
            else if (Tokens.Count == Rows.Limit) Ended = Truncated = true;
        }
    }
}
