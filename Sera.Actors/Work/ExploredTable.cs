using Sera.Model.Data;

namespace Sera.Actors.Work;

/// <summary>The explored response to each prompt, by the prompt's id.</summary>
internal sealed class ExploredTable
{
    private readonly Dictionary<string, ExploredResponse> _responses;

    /// <param name="reference">null where the loss does not read it.</param>
    public ExploredTable(IEnumerable<RolloutRow> rollouts, ScoreTable? reference) => _responses = rollouts.ToDictionary(
        r => r.Id, r => new ExploredResponse(r.Responses[0].Tokens, reference?.Of(r.Id, 0) ?? 0), StringComparer.Ordinal);

    /// <summary>null for null.</summary>
    public static ExploredTable? Read(ExploredRollouts? explored, RowCache rows) => explored is null
        ? null
        : new ExploredTable(rows.ReadAll(explored.Rollouts, RowJson.Default.RolloutRow), ScoreTable.Read(explored.Reference, rows));

    /// <summary>null where the reference gives it no finite log-probability, so that nothing is said against it.</summary>
    /// <exception cref="KeyNotFoundException">Nothing was generated for the prompt.</exception>
    public ExploredResponse? Of(string promptId) => _responses[promptId] is var response && float.IsFinite(response.Reference) ? response : null;
}
