using System.Collections.Immutable;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;
using Sera.Model.Tokenization;

namespace Sera.Model.Generation;

/// <summary>
/// Responses of one policy to the prompts of a request, a batch at a time. One quantum computes the prompts of a batch or decodes up to
/// 16 tokens of every living sequence. Sample k of a prompt has a generator of its own by (seed, prompt id, k); the layout of the
/// batches, a function of the request alone, decides the last bits of the logits.
/// </summary>
public sealed class GenerationWork : IQuantumWork<ImmutableArray<PromptRollouts>>
{
    private const int BurstSteps = 16;
    private readonly LlamaModel _model;
    private readonly ITextTokenizer _tokenizer;
    private readonly GenerationRequest _request;
    private readonly IDisposable? _lease;
    private readonly ImmutableArray<ImmutableArray<DecodeRows>> _plan;
    private readonly Sampler _sampler;
    private readonly int _drawable;
    private readonly HashSet<int> _stops;
    private readonly Rollout[][] _rollouts;
    private DecodeBatch? _batch;
    private int _next;
    private long _done;
    private long _tokens;

    /// <param name="model">Borrowed; must outlive the work.</param>
    /// <param name="lease">Disposed with the work: what keeps the model alive; null when someone else does.</param>
    /// <exception cref="InputException">A prompt is empty, unknown to the vocabulary, or too long for the context.</exception>
    public GenerationWork(LlamaModel model, ITextTokenizer tokenizer, GenerationRequest request, IDisposable? lease = null)
    {
        (_model, _tokenizer, _request, _lease) = (model, tokenizer, request, lease);
        var config = model.Config;
        _plan = DecodePlan.Of(request, config.Context, config.VocabularySize);
        // Embeddings are often padded beyond the tokenizer's ids; those rows mean nothing.
        _drawable = Math.Min(config.VocabularySize, tokenizer.VocabularySize);
        _sampler = new Sampler(request.Sampling, _drawable);
        _stops = [.. config.EosIds, .. request.Sampling.StopTokens];
        _rollouts = [.. request.Prompts.Select(_ => new Rollout[request.Samples])];
    }

    public WorkProgress Progress => new(_done, (long)_request.Prompts.Length * _request.Samples, _tokens);

    public ImmutableArray<PromptRollouts> Result => _batch is null && _next == _plan.Length
        ? [.. _request.Prompts.Select((prompt, i) => new PromptRollouts(prompt.Id, [.. _rollouts[i]]))]
        : throw new InvalidOperationException("the generation has not ended");

    public bool Advance()
    {
        if (_batch is null)
        {
            if (_next == _plan.Length) return false;
            _batch = new DecodeBatch(_model, _request, _plan[_next++], _sampler, _drawable, _stops);
            _tokens += _batch.Begin() + _batch.Sequences.Count;
        }
        else
        {
            for (var step = 0; step < BurstSteps && !_batch.Ended; step++) _tokens += _batch.Step();
        }
        if (_batch.Ended) Finish(_batch);
        return true;
    }

    public void Dispose()
    {
        _batch?.Dispose();
        _lease?.Dispose();
    }

    private void Finish(DecodeBatch batch)
    {
        foreach (var sequence in batch.Sequences)
        {
            ImmutableArray<int> tokens = [.. sequence.Tokens];
            _rollouts[sequence.Rows.Prompt][sequence.Sample] =
                new Rollout(tokens, _tokenizer.Decode(tokens.AsSpan(), continuation: true), sequence.Truncated);
        }
        _done += batch.Sequences.Count;
        batch.Dispose();
        _batch = null;
    }
}
