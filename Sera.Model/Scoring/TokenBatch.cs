using System.Collections.Immutable;
using Sera.Model.Engine;
using Sera.Model.Models;

namespace Sera.Model.Scoring;

/// <summary>
/// Groups laid out one after the other without padding: each prompt once, its responses after it as branches that see the prompt and
/// themselves only; positions go on from the prompt in every branch. Plain numbers, a pure function of the groups.
/// </summary>
public sealed class TokenBatch
{
    private readonly List<long> _ids = [];
    private readonly List<long> _positions = [];
    private readonly List<long> _sources = [];
    private readonly List<long> _places = [];
    private readonly List<long> _labels = [];
    private readonly List<(int Group, int Response)> _responses = [];
    private readonly List<int> _lengths = [];

    /// <param name="pieces">From <see cref="Branches.Batches"/>, over the same groups.</param>
    /// <param name="whole">The last token of each response is there too: it predicts nothing, but its hidden state has seen the whole response.</param>
    public TokenBatch(IReadOnlyList<TokenGroup> groups, ImmutableArray<Branches> pieces, bool whole = false)
    {
        var segments = new SegmentBuilder();
        foreach (var piece in pieces) Place(groups[piece.Group], piece, segments, whole);
        Segments = segments.Build();
    }

    /// <summary>All groups in one batch, responses in the order of the groups.</summary>
    public TokenBatch(IReadOnlyList<TokenGroup> groups, bool whole = false)
        : this(groups, [.. groups.Select((group, i) => new Branches(i, 0, group.Responses.Length))], whole)
    {
    }

    /// <summary>Positions, each one token.</summary>
    public int Tokens => _ids.Count;

    /// <summary>[tokens].</summary>
    public IReadOnlyList<long> Ids => _ids;

    /// <summary>[tokens]: place of the token in its own sequence.</summary>
    public IReadOnlyList<long> Positions => _positions;

    /// <summary>What sees what; together they cover the tokens once.</summary>
    internal ImmutableArray<Segment> Segments { get; }

    /// <summary>[response tokens]: the position whose hidden state predicts the token.</summary>
    public IReadOnlyList<long> Sources => _sources;

    /// <summary>[response tokens], of a whole batch: the position of the token itself; without the last tokens otherwise.</summary>
    public IReadOnlyList<long> Places => _places;

    /// <summary>[response tokens]: response by response.</summary>
    public IReadOnlyList<long> Labels => _labels;

    /// <summary>Which response stands where, in the order of <see cref="Labels"/>.</summary>
    public IReadOnlyList<(int Group, int Response)> Responses => _responses;

    /// <summary>Tokens of each response.</summary>
    public IReadOnlyList<int> Lengths => _lengths;

    private void Place(TokenGroup group, Branches piece, SegmentBuilder segments, bool whole)
    {
        var prompt = _ids.Count;
        foreach (var id in group.Prompt)
        {
            _positions.Add(_ids.Count - prompt);
            _ids.Add(id);
        }
        var branches = new List<int>();
        for (var k = piece.First; k < piece.First + piece.Count; k++)
        {
            var response = group.Responses[k];
            _responses.Add((piece.Group, k));
            _lengths.Add(response.Length);
            for (var t = 0; t < response.Length; t++)
            {
                _sources.Add(t == 0 ? prompt + group.Prompt.Length - 1 : _ids.Count - 1);
                _labels.Add(response[t]);
                if (t == response.Length - 1 && !whole) break;
                _places.Add(_ids.Count);
                _positions.Add(group.Prompt.Length + t);
                _ids.Add(response[t]);
            }
            branches.Add(whole ? response.Length : Math.Max(0, response.Length - 1));
        }
        segments.Add(group.Prompt.Length, branches);
    }
}
