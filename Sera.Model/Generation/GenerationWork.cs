using System.Collections.Immutable;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;
using Sera.Model.Tokenization;

namespace Sera.Model.Generation;

/// <summary>
/// Responses of one policy to the prompts of a request. One quantum computes the prompts there is room for, or decodes up to 16 tokens of
/// every living sequence, fewer where so many ended that others should take their place. Sample k of a prompt has a generator of its own by (seed, prompt id, k). Which prompts are computed together, a function
/// of the request and of what was drawn, decides the last bits of the logits.
/// </summary>
public sealed class GenerationWork : IQuantumWork<ImmutableArray<PromptRollouts>>
{
    private const int BurstSteps = 16;
    private readonly ITextTokenizer _tokenizer;
    private readonly GenerationRequest _request;
    private readonly IDisposable? _lease;
    private readonly Rollout[][] _rollouts;
    private readonly DecodeBatch _batch;
    private long _done;
    private long _tokens;

    /// <param name="model">Borrowed; must outlive the work.</param>
    /// <param name="lease">Disposed with the work: what keeps the model alive; null when someone else does.</param>
    /// <exception cref="InputException">A prompt is empty, unknown to the vocabulary, or too long for the context.</exception>
    public GenerationWork(LlamaModel model, ITextTokenizer tokenizer, GenerationRequest request, IDisposable? lease = null)
        : this(model, tokenizer, request, lease, Decoders.For)
    {
    }

    /// <summary>Responses by Linear Alignment (<see cref="LinearAlignment"/>).</summary>
    /// <param name="request">Its prompts have the principle in front.</param>
    /// <param name="strength">k, at least 0.</param>
    /// <inheritdoc cref="GenerationWork(LlamaModel, ITextTokenizer, GenerationRequest, IDisposable?)"/>
    public static GenerationWork Aligned(LlamaModel model, ITextTokenizer tokenizer, GenerationRequest request, PromptPrefixRow principle, double strength) =>
        new(model, tokenizer, request, null, (of, most) => new LinearAlignment(Decoders.For(of, most), Decoders.For(of, most), principle, strength));

    internal GenerationWork(LlamaModel model, ITextTokenizer tokenizer, GenerationRequest request, IDisposable? lease, Func<LlamaModel, int, IDecoder> decoder)
    {
        (_tokenizer, _request, _lease) = (tokenizer, request, lease);
        var config = model.Config;
        var queue = DecodePlan.Of(request, config.Context, config.VocabularySize);
        // Embeddings are often padded beyond the tokenizer's ids; those rows mean nothing.
        var drawable = Math.Min(config.VocabularySize, tokenizer.VocabularySize);
        _rollouts = [.. request.Prompts.Select(_ => new Rollout[request.Samples])];
        var most = (int)Math.Min(request.Batch, (long)request.Prompts.Length * request.Samples);
        var strings = request.Sampling.StopStrings;
        _batch = new DecodeBatch(
            decoder(model, most), request, queue, drawable, new HashSet<int>([.. config.EosIds, .. request.Sampling.StopTokens]),
            () => strings is null ? null : new StopStrings(tokenizer, strings), Finish);
    }

    public WorkProgress Progress => new(_done, (long)_request.Prompts.Length * _request.Samples, _tokens);

    public ImmutableArray<PromptRollouts> Result => _batch.IsEmpty && !_batch.HasRoom
        ? [.. _request.Prompts.Select((prompt, i) => new PromptRollouts(prompt.Id, [.. _rollouts[i]]))]
        : throw new InvalidOperationException("the generation has not ended");

    public bool Advance()
    {
        if (_batch.HasRoom)
        {
            _tokens += _batch.Admit();
            return true;
        }
        if (_batch.IsEmpty) return false;
        for (var step = 0; step < BurstSteps && !_batch.IsEmpty && !_batch.IsSparse; step++) _tokens += _batch.Step();
        return true;
    }

    public void Dispose()
    {
        _batch.Dispose();
        _lease?.Dispose();
    }

    private void Finish(DecodeBatch.Sequence sequence)
    {
        var (tokens, truncated) = _request.Prompts[sequence.Rows.Prompt].Complete([.. sequence.Tokens], sequence.Truncated);
        var text = StopStrings.Cut(_tokenizer.Decode(tokens.AsSpan(), continuation: true), _request.Sampling.StopStrings ?? []);
        _rollouts[sequence.Rows.Prompt][sequence.Sample] = new Rollout(tokens, text, truncated);
        _done++;
    }
}
