using System.Collections.Immutable;
using Sera.Model.Data;
using Sera.Model.Tokenization.Chat;

namespace Sera.Model.Tokenization;

/// <summary>
/// A tokenizer read from a Hugging Face folder: byte-pair encoding over bytes (GPT-2, Llama 3, Pythia, SmolLM2) or over
/// characters with byte fallback (Llama 2, TinyLlama, Mistral), or Unigram (T5, ALBERT, XLM-R, mBART). Ids are those of the "tokenizers" library; a part of
/// tokenizer.json that is not supported is refused by name. A string of an added token in a text is that token.
/// </summary>
public sealed class HfTokenizer : ITextTokenizer
{
    private const string FileName = "tokenizer.json";

    private readonly AddedTokens _rawTokens;
    private readonly AddedTokens _normalizedTokens;
    private readonly TextNormalizer _normalizer;
    private readonly PreTokenizer _preTokenizer;
    private readonly ITokenModel _model;
    private readonly PostProcessor _postProcessor;
    private readonly TokenDecoder _decoder;
    private readonly string?[] _names;
    private readonly string?[] _texts;
    private readonly Lazy<ChatTemplate?> _chat;

    private HfTokenizer(string folder, JsonPart root, SpecialIds special)
    {
        // Read when a conversation needs it: a template that is not supported is no reason to refuse plain texts.
        _chat = new Lazy<ChatTemplate?>(() => ChatTemplate.Load(folder));
        root.Only(
            "version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model");
        foreach (var cut in new[] { "truncation", "padding" })
        {
            if (root.Optional(cut) is { } part)
            {
                throw part.Refuse(JsonPart.Quote(part.Element), "null: texts are never cut or filled up here");
            }
        }

        _normalizer = TextNormalizers.Read(root.Optional("normalizer"));
        _preTokenizer = PreTokenizers.Read(root.Optional("pre_tokenizer"), out var byteLevel);
        _model = ITokenModel.Read(root.Required("model"), byteLevel);
        _postProcessor = PostProcessor.Read(root.Optional("post_processor"));
        _decoder = TokenDecoders.Read(root.Required("decoder"));

        var ids = _model.Entries.ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
        var added = ReadAdded(root, ids);
        EosId = Role("eos_token");
        _ = Role("bos_token");
        VocabularySize = ids.Values.Max() + 1;
        special.Check(ids, VocabularySize, _postProcessor.Before, _postProcessor.After);
        var modelEos = special.ModelIds("eos_token_id", VocabularySize).ToArray();
        EosId ??= modelEos.Length > 0 ? modelEos[0] : null;
        StopIds = [.. new[] { EosId }.OfType<int>().Concat(modelEos).Distinct()];
        foreach (var id in _postProcessor.Before.Concat(_postProcessor.After).Where(id => id >= VocabularySize))
        {
            throw root.Required("post_processor").Refuse($"id {id}", $"an id below {VocabularySize}");
        }

        _texts = new string?[VocabularySize];
        foreach (var (token, id) in ids)
        {
            _texts[id] = token;
        }

        _names = [.. _texts];
        // Special tokens are left out of decoded text: an absent string is an absent token.
        foreach (var token in added.Where(token => token.Special))
        {
            _texts[token.Id] = null;
        }

        _rawTokens = new AddedTokens(added.Where(token => !token.Normalized), content => content);
        _normalizedTokens = new AddedTokens(added.Where(token => token.Normalized), content => Written(root, content));

        int? Role(string role)
        {
            if (special.Named(role) is not var (content, where))
            {
                return null;
            }

            var id = ids.TryGetValue(content, out var known) ? known : throw where.Refuse(JsonPart.Quote(content), "a token of tokenizer.json");
            if (!added.Any(token => token.Id == id && token.Special))
            {
                added.RemoveAll(token => token.Id == id);
                added.Add(new AddedToken(id, content, LeftStrip: false, RightStrip: false, Normalized: false, Special: true));
            }

            return id;
        }
    }

    public int VocabularySize { get; }

    public int? BosId => _postProcessor.Before.Length > 0 ? _postProcessor.Before[0] : null;

    public int? EosId { get; }

    public ImmutableArray<int> StopIds { get; }

    public ChatTemplate? Chat => _chat.Value;

    /// <param name="folder">Holds tokenizer.json; tokenizer_config.json, special_tokens_map.json, generation_config.json and config.json
    /// are read where present, chat_template.jinja when <see cref="Chat"/> is asked for.</param>
    /// <exception cref="InputException">The folder has no tokenizer.json, or these files are broken, contradictory or not supported.</exception>
    public static HfTokenizer Load(string folder)
    {
        var file = Path.Combine(folder, FileName);
        var root = JsonPart.ReadFile(file)
            ?? throw new InputException(file, "no such file", "the tokenizer of a Hugging Face folder", "name a folder that holds tokenizer.json");
        return new HfTokenizer(folder, root, new SpecialIds(folder));
    }

    public int[] Encode(string text)
    {
        var ids = new List<int>(_postProcessor.Before);
        Encode(text, continuation: false, ids);
        ids.AddRange(_postProcessor.After);
        return [.. ids];
    }

    public int[] EncodeRendered(string text)
    {
        var ids = new List<int>();
        Encode(text, continuation: false, ids);
        return [.. ids];
    }

    public int[] EncodeContinuation(string text)
    {
        var ids = new List<int>();
        Encode(text, continuation: true, ids);
        return [.. ids];
    }

    public string Decode(ReadOnlySpan<int> ids, bool continuation)
    {
        var tokens = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            // A model may have rows past its tokenizer's last id (padded embeddings); they stand for nothing.
            if ((uint)id < (uint)_texts.Length && _texts[id] is { } token)
            {
                tokens.Add(token);
            }
        }

        return string.Concat(_decoder(tokens, continuation));
    }

    public bool IsSpecial(int id) => (uint)id < (uint)_texts.Length && _texts[id] is null && _names[id] is not null;

    public string? NameOf(int id) => (uint)id < (uint)_names.Length ? _names[id] : null;

    private static List<AddedToken> ReadAdded(JsonPart root, Dictionary<string, int> ids)
    {
        var added = new List<AddedToken>();
        var owners = ids.ToDictionary(entry => entry.Value, entry => entry.Key);
        foreach (var token in AddedTokens.Read(root))
        {
            if ((ids.TryGetValue(token.Content, out var known) && known != token.Id)
                || (owners.TryGetValue(token.Id, out var owner) && owner != token.Content))
            {
                var found = $"{JsonPart.Quote(token.Content)} with id {token.Id}";
                throw root.Required("added_tokens").Refuse(found, "one id for one token, the same as in vocab");
            }

            ids[token.Content] = token.Id;
            owners[token.Id] = token.Content;
            added.Add(token);
        }

        return added;
    }

    private string Written(JsonPart root, string content)
    {
        var written = _normalizer(new NormalizedText(content, AtBeginning: true)).Text;
        return written.Length > 0 ? written : throw root.Required("added_tokens").Refuse(
            $"{JsonPart.Quote(content)}, of which the normalizer leaves nothing", "tokens that can stand in a normalized text");
    }

    private void Encode(string text, bool continuation, List<int> ids)
    {
        text = TextNormalizers.WellFormed(text);
        var (rawParts, parts, pieces) = (new List<(int?, int, int)>(), new List<(int?, int, int)>(), new List<TextPiece>());
        _rawTokens.Split(text, rawParts);
        foreach (var (rawId, rawStart, rawEnd) in rawParts)
        {
            if (rawId is { } special)
            {
                ids.Add(special);
                continue;
            }

            var opening = continuation && rawStart == 0;
            var (normalized, _, cut) = _normalizer(new NormalizedText(text[rawStart..rawEnd], AtBeginning: !opening));
            parts.Clear();
            _normalizedTokens.Split(normalized, parts);
            foreach (var (id, start, end) in parts)
            {
                if (id is { } added)
                {
                    ids.Add(added);
                    continue;
                }

                pieces.Clear();
                // What begins with the text is measured in the text as it was: a beginning that was cut off leaves none.
                var first = rawStart == 0 && start == 0 && (opening || !cut);
                _preTokenizer(new TextPiece(normalized, start, end - start, first), continuation, pieces);
                foreach (var piece in pieces)
                {
                    _model.Encode(piece.Span, ids);
                }
            }
        }
    }
}
