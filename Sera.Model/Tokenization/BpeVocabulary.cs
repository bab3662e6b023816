using System.Text;
using System.Text.Json;

namespace Sera.Model.Tokenization;

/// <summary>Tokens, their ids and their merges, checked against each other when read.</summary>
internal sealed class BpeVocabulary
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<int, int> _idsOfRunes = [];

    private BpeVocabulary(Dictionary<string, int> ids, BpeMerges merges)
    {
        _ids = ids;
        Merges = merges;
        foreach (var (token, id) in ids)
        {
            if (token.Length is 1 or 2 && Rune.TryGetRuneAt(token, 0, out var rune) && rune.Utf16SequenceLength == token.Length)
            {
                _idsOfRunes.Add(rune.Value, id);
            }
        }
    }

    public BpeMerges Merges { get; }

    public IEnumerable<string> Tokens => _ids.Keys;

    public IEnumerable<KeyValuePair<string, int>> Entries => _ids;

    public static BpeVocabulary Read(JsonPart model)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var byId = new Dictionary<int, string>();
        foreach (var (token, value) in model.Members("vocab"))
        {
            var id = value.Id();
            if (!ids.TryAdd(token, id))
            {
                throw value.Refuse("the same token a second time", "every token once");
            }

            if (!byId.TryAdd(id, token))
            {
                throw value.Refuse($"id {id}, which is also that of {JsonPart.Quote(byId[id])}", "an id of its own");
            }
        }

        if (ids.Count == 0)
        {
            throw model.Refuse("an empty vocab", "at least one token");
        }

        return new BpeVocabulary(ids, ReadMerges(model, ids));
    }

    public int? IdOf(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public int? IdOf(Rune rune) => _idsOfRunes.TryGetValue(rune.Value, out var id) ? id : null;

    private static BpeMerges ReadMerges(JsonPart model, Dictionary<string, int> ids)
    {
        var merges = new BpeMerges(ids.Count);
        var rank = 0;
        foreach (var item in model.Items("merges"))
        {
            var sides = item.Element.ValueKind switch
            {
                JsonValueKind.String => item.Element.GetString()!.Split(' '),
                JsonValueKind.Array when item.Element.EnumerateArray().All(side => side.ValueKind == JsonValueKind.String) =>
                    [.. item.Element.EnumerateArray().Select(side => side.GetString()!)],
                _ => [],
            };
            if (rank == 0 && sides is [var header, ..] && header.StartsWith("#version", StringComparison.Ordinal))
            {
                continue;
            }

            if (sides.Length != 2)
            {
                throw item.Refuse(JsonPart.Quote(item.Element), "two tokens");
            }

            merges.Add(Known(sides[0]), Known(sides[1]), rank++, Known(sides[0] + sides[1]));

            int Known(string token) =>
                ids.TryGetValue(token, out var id) ? id : throw item.Refuse($"{JsonPart.Quote(token)}, which vocab lacks", "tokens of vocab");
        }

        return merges;
    }
}
