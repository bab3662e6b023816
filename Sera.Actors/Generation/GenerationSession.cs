using Sera.Actors.Work;
using Sera.Model.Data;
using Sera.Model.Engine;

namespace Sera.Actors.Generation;

/// <summary>One shard of prompts getting their responses.</summary>
internal sealed class GenerationSession : IWorkSession
{
    private readonly WorkerSetup _setup;
    private readonly PromptRow[] _prompts;
    private readonly IQuantumWork<System.Collections.Immutable.ImmutableArray<PromptRollouts>> _work;

    public GenerationSession(GenerateOrder order, IPolicyEngine engine, WorkerSetup setup)
    {
        _setup = setup;
        // The rows of an evaluation artifact are prompts with a check, which nobody here may see.
        _prompts = setup.Rows.Read(order.Prompts, RowJson.Default.PromptRow).AsSpan(order.From, order.To - order.From).ToArray();
        _work = engine.OpenGeneration(order.Policy, new GenerationRequest(
            [.. _prompts.Select(p => new TokenPrompt(p.Id, p.PromptTokens))], order.Samples, order.Sampling, order.Seed, order.Batch));
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
                _setup.Store.Write("rollouts", RowFile.Write(rows, RowJson.Default.RolloutRow)),
                rows.Length, responses.Length, responses.Sum(r => (long)r.Tokens.Length), responses.Count(r => r.Truncated)),
        };
    }

    public void Dispose() => _work.Dispose();
}
