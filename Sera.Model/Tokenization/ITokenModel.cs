namespace Sera.Model.Tokenization;

/// <summary>The model part of tokenizer.json: pieces to ids. Safe for many threads.</summary>
internal interface ITokenModel
{
    /// <summary>Every token of the vocabulary with its id.</summary>
    IEnumerable<KeyValuePair<string, int>> Entries { get; }

    /// <summary>Appends the ids of a piece.</summary>
    /// <param name="piece">Without lone surrogates.</param>
    /// <param name="ids">Of what stands before the piece.</param>
    void Encode(ReadOnlySpan<char> piece, List<int> ids);

    /// <param name="part">The "model" part.</param>
    /// <param name="byteLevel">Whether pieces become characters of the byte alphabet first.</param>
    static ITokenModel Read(JsonPart part, bool byteLevel)
    {
        // Files of the first versions leave the type out of the one model that has merges.
        var type = part.Optional("type") is null ? "BPE" : part.Type;
        return type switch
        {
            "BPE" => new BpeModel(part, byteLevel),
            "Unigram" when byteLevel => throw part.Refuse("Unigram behind the pre-tokenizer ByteLevel", "BPE there, or Unigram over characters"),
            "Unigram" => new UnigramModel(part),
            _ => throw part.Refuse($"the model {type}", "BPE or Unigram"),
        };
    }
}
