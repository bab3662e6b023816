using System.Collections.Immutable;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Actors.Generation;

/// <summary>One shard of prompts getting their responses, or of pairs getting a segment of their chosen response anew.</summary>
internal sealed class GenerationSession : IWorkSession
{
    private readonly WorkerSetup _setup;
    private readonly ImmutableArray<PromptRow> _prompts;
    private readonly ImmutableDictionary<string, RolloutResponse> _originals;
    private readonly IQuantumWork<ImmutableArray<PromptRollouts>> _work;

    public GenerationSession(GenerateOrder order, IPolicyEngine engine, WorkerSetup setup)
    {
        _setup = setup;
        ImmutableArray<PairRow> pairs = order.Resample ? Part(setup.Rows.Read(order.Prompts, RowJson.Default.PairRow), order) : [];
        _originals = pairs.ToImmutableDictionary(p => p.Id, p => new RolloutResponse(p.ChosenTokens, p.Chosen, false), StringComparer.Ordinal);
        // The rows of an evaluation artifact are prompts with a check, which nobody here may see.
        _prompts = order.Resample
            ? [.. pairs.Select(p => new PromptRow(p.Id, p.Prompt, p.PromptTokens))]
            : Part(setup.Rows.Read(order.Prompts, RowJson.Default.PromptRow), order);
        _work = engine.OpenGeneration(order.Policy, new GenerationRequest(
            [.. _prompts.Select(p => Prompt(p, order))], order.Samples, order.Sampling, order.Seed, order.Batch));
    }

    public WorkProgress Progress => _work.Progress;

    public bool Advance() => _work.Advance();

    public WorkResult Finish(WorkResult unfinished)
    {
        var rollouts = _work.Result.ToDictionary(r => r.Id, StringComparer.Ordinal);
        var rows = _prompts.Select(p => new RolloutRow(
            p.Id, p.Prompt, p.PromptTokens,
            [.. rollouts[p.Id].Rollouts.Select(r => new RolloutResponse(r.Tokens, r.Text, r.Truncated))])).ToArray();
        var responses = rows.SelectMany(r => r.Responses).ToArray();
        return unfinished with
        {
            Generated = new GeneratedRollouts(
                _setup.Store.Write("rollouts", RowFile.Write(rows.Select(WithOriginal), RowJson.Default.RolloutRow)),
                rows.Length, responses.Length, responses.Sum(r => (long)r.Tokens.Length), responses.Count(r => r.Truncated)),
        };
    }

    public void Dispose() => _work.Dispose();

    private static ImmutableArray<T> Part<T>(ImmutableArray<T> rows, GenerateOrder order) => rows[order.From..order.To];

    private TokenPrompt Prompt(PromptRow row, GenerateOrder order)
    {
        if (!_originals.TryGetValue(row.Id, out var original)) return new TokenPrompt(row.Id, row.PromptTokens);
        var segment = ResampledSegment.Draw(original.Tokens, order.Seed, row.Id);
        return new TokenPrompt(row.Id, [.. row.PromptTokens, .. segment.Head], segment);
    }

    /// <summary>The original comes first. A segment that came out as it was gives its text, which decoding need not.</summary>
    private RolloutRow WithOriginal(RolloutRow row) => !_originals.TryGetValue(row.Id, out var original)
        ? row
        : row with { Responses = [original, .. row.Responses.Select(r => r.Tokens.SequenceEqual(original.Tokens) ? original : r)] };
}
