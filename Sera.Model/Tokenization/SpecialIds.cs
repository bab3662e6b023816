using System.Text.Json;

namespace Sera.Model.Tokenization;

/// <summary>What the files beside tokenizer.json say of special tokens. The tokenizer's own names come before the model's ids.</summary>
internal sealed class SpecialIds
{
    private readonly JsonPart? _tokenizerConfig;
    private readonly JsonPart? _map;
    private readonly JsonPart? _generation;
    private readonly JsonPart? _config;

    public SpecialIds(string folder)
    {
        _tokenizerConfig = JsonPart.ReadFile(Path.Combine(folder, "tokenizer_config.json"));
        _map = JsonPart.ReadFile(Path.Combine(folder, "special_tokens_map.json"));
        _generation = JsonPart.ReadFile(Path.Combine(folder, "generation_config.json"));
        _config = JsonPart.ReadFile(Path.Combine(folder, "config.json"));
    }

    /// <returns>The token's text ("bos_token", "eos_token") where a file names it, and the place that does.</returns>
    public (string Content, JsonPart Where)? Named(string role)
    {
        foreach (var file in new[] { _tokenizerConfig, _map })
        {
            if (file?.Optional(role) is { } part)
            {
                return (part.Element.ValueKind == JsonValueKind.Object ? part.Text("content") : file.Text(role), part);
            }
        }

        return null;
    }

    /// <returns>The texts of "additional_special_tokens"; empty where no file names any.</returns>
    public string[] Additional()
    {
        const string member = "additional_special_tokens";
        var file = new[] { _tokenizerConfig, _map }.FirstOrDefault(file => file?.Optional(member) is not null);
        return file is null ? [] : [.. file.Items(member).Select(item => item.Element.ValueKind == JsonValueKind.Object ? item.Text("content") : item.Text())];
    }

    /// <returns>Ids of generation_config.json and config.json for "eos_token_id", in that order; either may hold one or a list.</returns>
    public IEnumerable<int> ModelIds(string name, int vocabularySize)
    {
        foreach (var file in new[] { _generation, _config })
        {
            if (file?.Optional(name) is not { } part)
            {
                continue;
            }

            foreach (var item in part.Element.ValueKind == JsonValueKind.Array ? file.Items(name) : [part])
            {
                var id = item.Id();
                yield return id < vocabularySize ? id : throw item.Refuse($"id {id}", $"an id below the tokenizer's {vocabularySize}");
            }
        }
    }

    /// <summary>Refuses a folder whose files contradict its tokenizer.json about added tokens, special ids or the model's size.</summary>
    public void Check(IReadOnlyDictionary<string, int> ids, int vocabularySize, int[] before, int[] after)
    {
        if (_config?.Optional("vocab_size") is { } size && size.Id() < vocabularySize)
        {
            throw size.Refuse($"a model of {size.Id()} tokens", $"at least {vocabularySize}, for the tokenizer has ids up to {vocabularySize - 1}");
        }

        if (_tokenizerConfig is null)
        {
            return;
        }

        if (_tokenizerConfig.Optional("added_tokens_decoder") is not null)
        {
            foreach (var (id, token) in _tokenizerConfig.Members("added_tokens_decoder"))
            {
                if (!ids.TryGetValue(token.Text("content"), out var known) || known.ToString(System.Globalization.CultureInfo.InvariantCulture) != id)
                {
                    throw token.Refuse(JsonPart.Quote(token.Text("content")), $"a token that tokenizer.json has with id {id}");
                }
            }
        }

        // For this class the reference implementation rewrites the post-processor after these two flags.
        if (_tokenizerConfig.Optional("tokenizer_class")?.Element.ToString().StartsWith("LlamaTokenizer", StringComparison.Ordinal) == true)
        {
            Agree("add_bos_token", before);
            Agree("add_eos_token", after);
        }
    }

    private void Agree(string flag, int[] ids)
    {
        if (_tokenizerConfig!.Optional(flag) is { } part && _tokenizerConfig.Flag(flag, false) != ids.Length > 0)
        {
            var done = ids.Length > 0 ? "true" : "false";
            throw part.Refuse($"{flag} {JsonPart.Quote(part.Element)}", $"{done}, as the post-processor of tokenizer.json has it");
        }
    }
}
