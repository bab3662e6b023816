using System.Collections.Immutable;
using Sera.Model.Engine;

namespace Sera.Model.Scoring;

/// <summary>
/// Groups laid out as rows of equal width: each prompt once, its responses after it as branches that see the prompt and themselves only;
/// positions go on from the prompt in every branch; padding at the ends of rows. Plain numbers, a pure function of the groups.
/// </summary>
public sealed class TokenBatch
{
    private readonly List<long> _sources = [];
    private readonly List<long> _labels = [];
    private readonly List<long> _owners = [];
    private readonly List<(int Group, int Response)> _responses = [];

    /// <param name="rows">From <see cref="RowPacking"/>, over the same groups.</param>
    public TokenBatch(IReadOnlyList<TokenGroup> groups, ImmutableArray<ImmutableArray<Branches>> rows)
    {
        Rows = rows.Length;
        Width = rows.IsEmpty ? 0 : rows.Max(row => row.Sum(piece => piece.Length(groups[piece.Group])));
        (Ids, Positions, Pieces, Branch) = (new long[Rows * Width], new long[Rows * Width], new long[Rows * Width], new long[Rows * Width]);
        Array.Fill(Pieces, -1);
        var piece = 0;
        for (var row = 0; row < Rows; row++)
        {
            var at = row * Width;
            foreach (var branches in rows[row]) at = Place(groups[branches.Group], branches, piece++, at);
        }
        Tokens = Pieces.Count(p => p >= 0);
    }

    /// <summary>All groups in one batch, responses in the order of the groups.</summary>
    public TokenBatch(IReadOnlyList<TokenGroup> groups)
        : this(groups, RowPacking.Rows(groups))
    {
    }

    public int Rows { get; }

    public int Width { get; }

    /// <summary>Positions that are not padding.</summary>
    public int Tokens { get; }

    /// <summary>[rows * width]; 0 in the padding.</summary>
    public long[] Ids { get; }

    /// <summary>[rows * width]: place of the token in its own sequence.</summary>
    public long[] Positions { get; }

    /// <summary>[rows * width]: which piece of a group stands there; -1 in the padding.</summary>
    public long[] Pieces { get; }

    /// <summary>[rows * width]: 0 in a prompt, 1, 2, ... in its responses.</summary>
    public long[] Branch { get; }

    /// <summary>For every response token, the flat position whose hidden state predicts it.</summary>
    public IReadOnlyList<long> Sources => _sources;

    /// <summary>The response tokens themselves.</summary>
    public IReadOnlyList<long> Labels => _labels;

    /// <summary>For every response token, its response's index in <see cref="Responses"/>.</summary>
    public IReadOnlyList<long> Owners => _owners;

    /// <summary>The responses in the order of their results: group and index within it.</summary>
    public IReadOnlyList<(int Group, int Response)> Responses => _responses;

    private int Place(TokenGroup group, Branches branches, int piece, int at)
    {
        if (group.Prompt.IsEmpty) throw new ArgumentException($"group '{group.Id}' has an empty prompt: nothing predicts its first token", nameof(group));
        var prompt = at;
        for (var i = 0; i < group.Prompt.Length; i++) Put(at++, group.Prompt[i], i, piece, 0);
        for (var k = 0; k < branches.Count; k++)
        {
            var response = group.Responses[branches.First + k];
            var source = prompt + group.Prompt.Length - 1;
            for (var t = 0; t < response.Length; t++)
            {
                _sources.Add(source);
                _labels.Add(response[t]);
                _owners.Add(_responses.Count);
                if (t == response.Length - 1) break;
                source = at;
                Put(at++, response[t], group.Prompt.Length + t, piece, k + 1);
            }
            _responses.Add((branches.Group, branches.First + k));
        }
        return at;
    }

    private void Put(int at, int id, int position, int piece, int branch) =>
        (Ids[at], Positions[at], Pieces[at], Branch[at]) = (id, position, piece, branch);
}
